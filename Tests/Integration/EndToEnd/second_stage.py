"""A hub and an upstream around the second device of Tests/Conformance, in place of the virtual COR One."""

import hashlib
import socket
import sys

from cryptography.hazmat.primitives import serialization

from stage import ROOT

sys.path.insert(0, str(ROOT / "Tests" / "Conformance"))

import judge_cddl  # noqa: E402
from second_device import cbor  # noqa: E402
from second_device.device import Device  # noqa: E402
from second_device.signing import Authority  # noqa: E402
from second_device.smp import COR, READ, Message  # noqa: E402

SERIAL = "COR1-2ND-0001"
# By command: the rule of the answer to a read, and to a write. constants.yaml, cddl/group64.cddl.
ANSWERS = {
    0: ("identity", None), 1: (None, "attest"), 2: ("clock", "clock"), 3: ("owner", "owner"), 4: ("record-list", None),
    5: ("record-read", None), 6: (None, "record-acknowledge"), 7: (None, "live"), 8: ("status", None),
    9: (None, "identify"), 10: (None, "self-test")}
EVENTS = {32: "live-event", 33: "record-ready-event", 34: "state-changed-event"}


class SecondStage:
    """`stage` with a device that was written from the specifications alone."""

    def __init__(self, stage):
        self.stage = stage
        self.authority = Authority(has_line=True)
        self.device = None
        stage.serial = SERIAL
        (stage.folder / "device-ca").mkdir()
        (stage.folder / "device-ca" / "device-ca.pem").write_bytes(self.authority.root_pem())

    def make_device(self, **options):
        options.setdefault("signer", self.authority.signer(SERIAL))
        self.device = Device(self.stage.folder / "device", SERIAL, **options)
        self.stage.link = self.device.link
        return self.device

    def make_device_with_images(self, maker, *boot_keys, **options):
        """`boot_keys`: the makers whose images its boot loader takes."""
        ders = [maker.public(name).read_bytes() for name in boot_keys]
        keys = {hashlib.sha256(der).digest(): serialization.load_der_public_key(der) for der in ders}
        factory = maker.image("ed25519", version="1.0.0").read_bytes()
        return self.make_device(
            factory_image=factory, image_keys=keys, capabilities=("esr", "ack-proof", "state-report"), **options)

    def start(self, maker=None, proof="1s", devices="", **options):
        """Upstream and hub; with a `maker` the hub takes images of its key."""
        stage = self.stage
        extra = ""
        if maker:
            keys = stage.folder / "image-keys"
            keys.mkdir()
            (keys / "maker.der").write_bytes(maker.public("ed25519").read_bytes())
            extra = f'[firmware]\nimage_keys = "{keys}"\nproof_time = "{proof}"\n'
        stage.start_upstream()
        stage.enrol()
        stage.write_configuration(extra=extra, devices=devices, **options)
        stage.start_agent()

    def ask(self, operation, command, body, version=1, group=COR, raw=None):
        """The body of the answer to one request of ours."""
        payload = cbor.encode(body) if raw is None else raw
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.settimeout(5)
            ours.connect(("127.0.0.1", self.device.port))
            ours.send(Message(version, operation, group, 77, command, payload).data())
            while True:
                answer = Message.parse(ours.recv(65_536))
                if (answer.group, answer.sequence, answer.command) == (group, 77, command):
                    assert (answer.version, answer.operation) == (version, operation | 1)
                    return answer.body()

    def judge(self):
        """Everything of group 64 that the device has said is what the CDDL says; gives how much that was."""
        count = 0
        for request, said in list(self.device.journal):
            if said.group != COR:
                continue
            body = said.body()
            if request and ("err" in body or "rc" in body):
                continue
            rule = EVENTS[said.command] if not request else \
                ANSWERS[said.command][0 if request.operation == READ else 1] + "-response"
            refusal = judge_cddl.judge_bytes(rule, said.payload)
            assert refusal is None, f"{rule}: {refusal}"
            if "att" in body:
                refusal = judge_cddl.judge_bytes("signed-attestation", body["att"])
                assert refusal is None, refusal
            count += 1
        return count

    def asked(self, group, command):
        return [request.body() for request, _ in self.device.journal
                if request and (request.group, request.command) == (group, command)]

    def read_by_hub(self, sequence):
        """The record as it went over the link."""
        parts = {}
        for request, said in self.device.journal:
            if request and (request.group, request.command) == (COR, 5) and request.body()["seq"] == sequence:
                if "data" in (body := said.body()):
                    parts[body["off"]] = body["data"]
        return b"".join(parts[offset] for offset in sorted(parts))

    def close(self):
        if self.device:
            self.device.close()
