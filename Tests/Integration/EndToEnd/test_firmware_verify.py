"""Threat 10: `corhub firmware verify` judges images that imgtool, MCUboot's own tool, has just made."""

import hashlib
import json
import random
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

from stage import Stage
from test_schemas import judge

IMGTOOL = [sys.executable, "-m", "imgtool.main"]
SLOT = 131_072


class Maker:
    """A maker of firmware: keys, and images signed with them."""

    def __init__(self, folder):
        self.folder = folder
        self.payload = folder / "payload.bin"
        self.payload.write_bytes(random.Random(1).randbytes(3_000))
        for name, key in (
                ("ed25519", ed25519.Ed25519PrivateKey.generate()), ("other", ed25519.Ed25519PrivateKey.generate()),
                ("p256", ec.generate_private_key(ec.SECP256R1())), ("rsa", rsa.generate_private_key(65_537, 2_048)),
                ("x25519", x25519.X25519PrivateKey.generate())):
            self._write(name, key)

    def _write(self, name, key):
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self.folder / f"{name}.pem").write_bytes(private)
        public = key.public_key()
        for suffix, encoding in (("der", serialization.Encoding.DER), ("pub.pem", serialization.Encoding.PEM)):
            (self.folder / f"{name}.{suffix}").write_bytes(
                public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo))

    def public(self, name, suffix="der"):
        return self.folder / f"{name}.{suffix}"

    def image(self, key, *options, version="1.2.3+4", header=512):
        file = self.folder / "image.bin"
        signing = ["-k", str(self.folder / f"{key}.pem")] if key else []
        done = subprocess.run(
            [*IMGTOOL, "sign", *signing, "--version", version, "--header-size", str(header), "--pad-header",
             "--align", "8", "--slot-size", str(SLOT), *options, str(self.payload), str(file)],
            capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return file


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    return Maker(tmp_path_factory.mktemp("maker"))


@pytest.fixture
def verify(tmp_path):
    """The answer for a file, and the exit status that it must have."""

    def run(file, *options, status, key=None):
        keys = [option for name in key or [] for option in ("--key", name)]
        done = Stage(tmp_path).command("corhub", "firmware", "verify", file, *keys, *options, "--json", status=status)
        answer = json.loads(done.stdout)
        judge("error" if status == 1 else "firmware-verification", answer)
        return answer

    return run


ACCEPTED = {
    "ed25519": ("ed25519", []),
    "p256": ("p256", []),
    "smallest header": ("ed25519", ["--header-size", "32"]),
    "counter": ("ed25519", ["--security-counter", "7"]),
    "counter by version": ("p256", ["--security-counter", "auto"]),
    "dependency, boot record, vendor's own": (
        "ed25519", ["-d", "(1, 1.0.0)", "--boot-record", "main", "--custom-tlv", "0x00a0", "0x0102"]),
    "identifiers": ("p256", ["--vid", "example.org", "--cid", "corone"]),
    "for one address": ("ed25519", ["--rom-fixed", "0xc000"]),
    "odd header": ("p256", ["--header-size", "33"]),
    "padded": ("ed25519", ["--pad"]),
    "padded, confirmed": ("p256", ["--confirm"]),
    "padded for wide writes": ("ed25519", ["--confirm", "--max-align", "32"]),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_imgtool_signs_is_accepted(maker, verify, name):
    key, options = ACCEPTED[name]
    file = maker.image(key, *options)
    answer = verify(file, "--slot-size", SLOT, key=[maker.public(key)], status=0)
    image = answer["image"]
    assert image["version"] == "1.2.3+4"
    assert image["keys"] == [hashlib.sha256(maker.public(key).read_bytes()).hexdigest()]
    assert answer["file"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert image["trailer"] == ("confirmed" if "--confirm" in options else "test" if "--pad" in options else "none")
    assert image["payload_length"] == 3_000
    assert not image["judged_for_device"]
    # The same by a key in PEM, and among others.
    verify(file, key=[maker.public("other"), maker.public(key, "pub.pem")], status=0)


REFUSED = {
    "unsigned": (None, [], "signature-missing"),
    "another key": ("other", [], "key-not-allowed"),
    "rsa": ("rsa", [], "signature-type-unsupported"),
    "pure": ("ed25519", ["--pure"], None),
    "sha-512": ("ed25519", ["--sha", "512"], "hash-type-unsupported"),
    "key in the image": ("ed25519", ["--public-key-format", "full"], "key-embedded"),
    "big-endian": ("ed25519", ["--endian", "big"], "magic-wrong"),
    "run from RAM": ("ed25519", ["--load-addr", "0x20000000"], "flags-unsupported"),
    "unknown under the signature": ("ed25519", ["--custom-tlv", "0x01a0", "0x01", "--non-bootable"], "flags-unsupported"),
    "padded with zeros": ("ed25519", ["--pad", "-R", "0"], "trailer-malformed"),
    "padded signature": ("p256", ["--pad-sig"], "signature-malformed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_device_would_not_start_is_refused(maker, verify, name):
    key, options, code = REFUSED[name]
    # A signature of full length gets no padding.
    for _ in range(40):
        file = maker.image(key, *options)
        answer = verify(file, "--slot-size", SLOT, key=[maker.public("ed25519"), maker.public("p256")],
                        status=None if name == "padded signature" else 4)
        if answer["verdict"] == "refused":
            break
    assert answer["verdict"] == "refused"
    assert code is None or answer["reason"]["code"] == code


@pytest.mark.parametrize("key, padding", [("ed25519", []), ("p256", ["--pad"])])
def test_flipped_bits_are_found(maker, verify, key, padding):
    file = maker.image(key, "--security-counter", "3", *padding)
    content = file.read_bytes()
    changed = file.with_name("changed.bin")
    end = min(len(content), 512 + 3_000 + 16 + 160)
    places = [*range(0, 32), *range(512 + 3_000, end, 3), *random.Random(2).sample(range(32, 3_500), 10)]
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        changed.write_bytes(flipped)
        verify(changed, key=[maker.public(key)], status=4)


def test_a_device_is_looked_at(maker, verify):
    file = maker.image(
        "ed25519", "--security-counter", "7", "-d", "(1, 2.0.0+5)", "--vid",
        "6f1b7d2c-3f4e-4b5a-8c9d-0e1f2a3b4c5d")
    key = [maker.public("ed25519")]
    state = {"version": "1.2.3+4", "sec_cnt": 7, "image1": "2.0.0+5", "uuid_vid": "6f1b7d2c-3f4e-4b5a-8c9d-0e1f2a3b4c5d"}
    assert verify(file, "--device-state", json.dumps(state), key=key, status=0)["image"]["judged_for_device"]
    written = maker.folder / "state.json"
    written.write_text(json.dumps(state))
    verify(file, "--device-state", written, key=key, status=0)
    judge("device-state", state)
    for change, code in (
            ({"sec_cnt": 8}, "security-counter-too-low"), ({"version": "1.2.3+5"}, "downgrade"),
            ({"version": "2.0.0"}, "downgrade"), ({"image1": "2.0.0+4"}, "dependency-unmet"),
            ({"uuid_vid": "6f1b7d2c-3f4e-4b5a-8c9d-0e1f2a3b4c5e"}, "vendor-mismatch"),
            ({"uuid_cid": "6f1b7d2c-3f4e-4b5a-8c9d-0e1f2a3b4c5d"}, "class-mismatch")):
        answer = verify(file, "--device-state", json.dumps({**state, **change}), key=key, status=4)
        assert answer["reason"]["code"] == code
    verify(file, "--device-state", json.dumps({**state, "version": "2.0.0"}), "--allow-downgrade", key=key, status=0)
    # By the names that the answer has, and with what is not known said as such.
    again = {"version": None, "security_counter": 7, "image1": "2.0.0+5", "image2": None, "vendor_uuid": state["uuid_vid"], "class_uuid": None}
    verify(file, "--device-state", json.dumps(again), key=key, status=0)
    judge("device-state", again)
    assert verify(file, "--device-state", '{"image1": null}', key=key, status=4)["reason"]["code"] == "dependency-unmet"
    fixed = maker.image("ed25519", "--rom-fixed", "0xc000")
    verify(fixed, "--device-state", '{"address": 49152}', key=key, status=0)
    assert verify(fixed, "--device-state", '{"address": 32768}', key=key, status=4)["reason"]["code"] == "address-mismatch"
    file = maker.image("ed25519", "-d", "(1, 2.0.0+5)")
    assert verify(file, "--device-state", "{}", key=key, status=4)["reason"]["code"] == "dependency-unmet"
    for broken in ('{"sec_cnt": "7"}', '{"sec_cnt": -1}', '{"version": "1"}', '{"unknown": 1}', '{"image01": "1.0.0"}', "{", "{}x",
                   '{"sec_cnt": 7, "sec_cnt": 8}', '{"uuid_vid": "7"}'):
        verify(file, "--device-state", broken, key=key, status=1)


def test_a_slot_keeps_room_for_the_boot_loader(maker, verify):
    file = maker.image("ed25519")
    length = file.stat().st_size
    key = [maker.public("ed25519")]
    # What imgtool itself keeps free.
    verify(file, "--slot-size", length + 3_120, key=key, status=0)
    verify(file, "--slot-size", length + 3_119, key=key, status=4)
    verify(file, "--slot-size", length + 48, "--trailer-size", 48, key=key, status=0)
    verify(file, "--slot-size", length, key=key, status=4)


def test_of_an_encrypted_image_only_the_file_is_known(maker, verify):
    file = maker.image("ed25519", "-E", str(maker.public("x25519", "pub.pem")))
    key = [maker.public("ed25519")]
    assert verify(file, key=key, status=4)["reason"]["code"] == "encrypted-without-file-hash"
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert verify(file, "--sha256", digest, key=key, status=0)["image"]["payload_proof"] == "file-hash-only"
    said = Stage(maker.folder).command("corhub", "firmware", "verify", file, "--key", key[0], "--sha256", digest).stdout
    assert "encrypted:" in said and "not the payload" in said
    flipped = bytearray(content)
    flipped[1_000] ^= 1
    file.write_bytes(flipped)
    assert verify(file, "--sha256", digest, key=key, status=4)["reason"]["code"] == "file-hash-wrong"


def test_what_cannot_be_read_is_no_refusal(maker, verify):
    key = [maker.public("ed25519")]
    empty = maker.folder / "empty.bin"
    empty.write_bytes(b"")
    assert verify(empty, key=key, status=4)["reason"]["code"] == "too-short"
    verify(maker.folder / "nowhere.bin", key=key, status=1)
    verify(maker.folder, key=key, status=1)
    image = maker.image("ed25519")
    verify(image, key=[maker.folder / "nowhere.der"], status=1)
    for unusable in (maker.public("rsa"), maker.public("x25519"), maker.folder / "ed25519.pem", empty, image):
        verify(image, key=[unusable], status=1)
    done = Stage(maker.folder).command("corhub", "firmware", "verify", image, status=64)
    assert "--key" in done.stderr
