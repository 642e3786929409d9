"""A second COR One, written from firmware-specs/ alone, and the hub: what the specifications say is enough, and true."""

import json
import random

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from second_stage import SERIAL, SecondStage
from stage import ROOT
from test_firmware_update import await_phase, install, slots
from test_firmware_verify import Maker
from test_registration import Ceremony, await_state

from second_device import cbor, records, shapes, signing
from second_device.flash import Flash
from second_device.measurement import POWER
from second_device.smp import COR, IMAGE, OS, READ, WRITE

INVALID, NO_SUCH_RECORD, BAD_OFFSET, NOT_OWNER, OWNED_BY_ANOTHER, BUSY, PROOF_DIFFERS = 7, 2, 3, 4, 5, 6, 8
VECTORS = ROOT / "firmware-specs" / "vectors"


@pytest.fixture
def second(stage):
    second = SecondStage(stage)
    yield second
    assert second.device is None or second.judge() > 0
    second.close()


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    maker = Maker(tmp_path_factory.mktemp("maker"))
    maker.payload.write_bytes(random.Random(3).randbytes(60_000))
    return maker


def refused(code):
    return {"err": {"group": COR, "rc": code}}


def vectors(folder):
    for vector in json.loads((VECTORS / folder / "index.json").read_text())["vectors"]:
        yield vector, bytes.fromhex((VECTORS / folder / vector["file"]).read_text())


def test_the_device_takes_the_requests_of_the_vectors_and_no_other():
    count = 0
    for vector, data in vectors("group64"):
        if vector["rule"] not in shapes.REQUESTS:
            continue
        count += 1
        try:
            shapes.REQUESTS[vector["rule"]].check(cbor.decode(data))
            is_valid = True
        except (cbor.Malformed, shapes.Refused):
            is_valid = False
        assert is_valid == vector["valid"], vector
    assert count > 20


def test_the_device_signs_what_the_vectors_sign():
    """Its Sig_structure over their parts is what their signatures are over, and its own encoding gives their bytes."""
    outcomes = []
    for folder, context in (("record", signing.RECORD), ("attestation", signing.ATTESTATION)):
        for vector, data in vectors(folder):
            if not vector["valid"] and vector["reason"] != "wrong-signature":
                continue
            message = cbor.decode(data)
            protected, unprotected, payload, signature = message.value
            assert cbor.encode(message) == data
            assert cbor.encode(cbor.decode(payload)) == payload
            key = x509.load_pem_x509_certificate((VECTORS / "keys" / vector.get("key", "device.pem")).read_bytes()).public_key()
            der = encode_dss_signature(*(int.from_bytes(part, "big") for part in (signature[:32], signature[32:])))
            try:
                key.verify(der, signing.signature_structure(protected, context, payload), ec.ECDSA(hashes.SHA256()))
                outcomes.append((True, vector["valid"]))
            except InvalidSignature:
                outcomes.append((False, vector["valid"]))
    assert all(verified == valid for verified, valid in outcomes) and set(outcomes) == {(True, True), (False, False)}


def test_the_device_expects_the_proof_of_the_vectors(tmp_path):
    found = {vector["file"]: data for folder in ("group64", "record") for vector, data in vectors(folder)}
    request = cbor.decode(found["record-acknowledge-request.cbor-hex"])
    device = records.Records(Flash(tmp_path), SERIAL, 1, None, None)
    device.kept[request["upto"]] = found["run.cbor-hex"]
    assert device.proof([request["upto"]]) == request["proof"] != device.proof([])


def test_it_is_registered_and_its_reading_travels_to_a_receipt(second, stage):
    """The least that a device may be: groups 0 and 64, no capability but `esr`."""
    device = second.make_device()
    second.start(claims=True)
    sequence = device.measure("CARTRIDGE-1")
    await_state(stage, "unclaimed")
    assert stage.readings() == [] and not second.asked(COR, 6)
    ceremony = Ceremony(stage, "register", SERIAL)
    ceremony.await_line("Press the button")
    device.press_button()
    assert "the upstream has it" in ceremony.end()
    assert stage.corhub("device", "show", SERIAL)["registration"]["state"] == "registered"

    [reading] = stage.await_readings(1)
    assert (reading["sequence"], reading["cartridge"], reading["trust"]) == (sequence, "CARTRIDGE-1", "attested")
    output = reading["results"][0]["output"]
    assert output["status"] in ("final", "preliminary"), output
    stage.await_receipts()
    checks = stage.corhub("reading", "trace", reading["record_id"], "--verify")["checks"]
    assert {check["outcome"] for check in checks} == {"holds"}
    assert "device-attestation" in [check["step"] for check in checks]
    assert reading["record_id"] in json.dumps(stage.operator(f"/v1/readings/{reading['record_id']}"))
    # It has freed the record, and keeps that it has.
    stage.eventually(lambda: device.records.acknowledged == sequence, "the record is acknowledged")
    assert second.ask(READ, 5, {"seq": sequence, "off": 0}) == refused(NO_SUCH_RECORD)
    # A run that is cut off is a record of the next boot, which the hub knows as the same device and as its own.
    device.begin_run("CARTRIDGE-2")
    device.sample(0, 10, None, 30)
    device.restart()
    [_, cut] = stage.await_readings(2)[::-1]
    assert (cut["cartridge"], cut["sequence"]) == ("CARTRIDGE-2", sequence + 1)
    run = cbor.decode(cbor.decode(second.read_by_hub(sequence + 1)).value[2])
    assert (run[3], run[7][6], run[7][9]) == (2, [0, 10, None, 30], POWER)
    assert stage.corhub("device", "show", SERIAL)["gaps"] == []
    # Nothing but that record tells of the restart. So it proves itself again, and its clock, lost meanwhile, is set.
    stage.eventually(lambda: len(second.asked(COR, 1)) == 2, "the device attests again")
    stage.eventually(lambda: device.clock.wall() is not None, "its clock is set")
    assert second.ask(READ, 4, {"from": 0}) == {"records": [], "more": False}
    assert second.ask(READ, 8, {})["last"] == sequence + 1
    # It shows itself, tests itself, and is let go: what it keeps of people is its owner.
    stage.corhub("device", "identify", SERIAL)
    assert device.blinks_for > 0
    assert stage.corhub("device", "self-test", SERIAL)["passed"] is True
    stage.await_readings(3)
    stage.corhub("device", "unpair", SERIAL, "--yes")
    assert second.ask(READ, 3, {}) == {"state": "free", "owner": None}


def test_the_device_refuses_what_it_must(second, maker):
    device = second.make_device_with_images(maker, "ed25519")
    sequences = [device.measure(f"CARTRIDGE-{number}", minutes=1) for number in (1, 2)]
    ask = second.ask
    # Whose it is.
    assert ask(WRITE, 3, {"op": "claim", "hub": "hub-0001"}) == {"state": "awaiting-button", "owner": "hub-0001"}
    assert ask(WRITE, 3, {"op": "claim", "hub": "hub-0002"}) == refused(BUSY)
    assert ask(WRITE, 3, {"op": "release", "hub": "hub-0002"}) == refused(NOT_OWNER)
    device.press_button()
    assert ask(READ, 3, {}) == {"state": "owned", "owner": "hub-0001"}
    assert ask(WRITE, 3, {"op": "claim", "hub": "hub-0002"}) == refused(OWNED_BY_ANOTHER)
    device.restart()
    assert ask(READ, 3, {})["owner"] == "hub-0001"
    # What nobody has read is not freed by a proof of something else; without one, and with a right one, it is.
    listed = ask(READ, 4, {"from": 0})
    assert [entry["seq"] for entry in listed["records"]] == sequences and not listed["more"]
    assert ask(WRITE, 6, {"upto": 2, "proof": bytes(32)}) == refused(PROOF_DIFFERS)
    assert ask(WRITE, 6, {"upto": 1, "proof": device.records.proof(sequences)}) == refused(PROOF_DIFFERS)
    assert len(ask(READ, 4, {"from": 0})["records"]) == 2
    assert ask(READ, 5, {"seq": 1, "off": 1_000_000}) == refused(BAD_OFFSET)
    assert ask(WRITE, 6, {"upto": 1, "proof": device.records.proof([1])}) == {"upto": 1}
    assert ask(WRITE, 6, {"upto": 0, "proof": bytes(32)}) == {"upto": 1}
    assert ask(READ, 5, {"seq": 1, "off": 0}) == refused(NO_SUCH_RECORD)
    assert ask(WRITE, 6, {"upto": 99}) == {"upto": 2}
    # While it measures.
    device.begin_run("CARTRIDGE-3")
    assert ask(WRITE, 10, {}) == refused(BUSY)
    assert ask(WRITE, 5, {}, group=OS) == {"rc": 10}
    device.end_run()
    # What is no request.
    assert ask(WRITE, 9, {"s": 61}) == refused(INVALID)
    assert ask(READ, 8, {"more": 1}) == refused(INVALID)
    assert ask(READ, 5, {}, raw=bytes.fromhex("a2 63736571 01 63736571 02")) == refused(INVALID)
    assert ask(READ, 5, {"seq": 1, "off": 0}, version=0) == {"rc": NO_SUCH_RECORD}
    assert ask(WRITE, 0, {"hash": bytes(32)}, group=IMAGE) == {"err": {"group": IMAGE, "rc": 8}}
    assert ask(WRITE, 5, {"slot": 0}, group=IMAGE, version=0) == {"rc": 3}
    assert ask(READ, 1, {}) == {"rc": 8} and ask(READ, 0, {}, group=63) == {"rc": 8}
    assert ask(READ, 8, {}, raw=b"")["last"] == 3


def test_it_is_updated_over_a_power_cut_of_both_sides_in_the_middle(second, stage, maker):
    device = second.make_device_with_images(maker, "ed25519")
    second.start(maker)
    stage.eventually(lambda: stage.corhub("device", "list")["devices"], "the device is known")
    device.flash.write_time = 0.02
    file = stage.folder / "image.bin"
    file.write_bytes(maker.image("ed25519", "--security-counter", "3", version="1.4.0+7").read_bytes())
    install(stage, file, "--no-wait")
    stage.eventually(lambda: 20_000 < device.arrived < file.stat().st_size, "a part of it is there")
    stage.agent.kill()
    device.cut_power()
    arrived = device.arrived
    device.flash.write_time = 0
    device.start()
    stage.start_agent()
    assert await_phase(stage, "confirmed")["image"]["version"] == "1.4.0+7"
    # It went on where it stopped, as the device said at the first part.
    firsts = [place for place, request in enumerate(second.asked(IMAGE, 1)) if request["off"] == 0]
    assert len(firsts) == 2, firsts
    assert min(request["off"] for request in second.asked(IMAGE, 1)[firsts[1] + 1:]) >= arrived > 20_000
    assert slots(stage) == [("1.4.0.7", True, True), ("1.0.0", False, False)]
    [confirmed] = [event for event in stage.corhub("firmware", "history", SERIAL)["events"] if event["type"] == "confirmed"]
    report = confirmed["state_report"]
    assert (report["outcome"], report["state"]["security_counter"]) == ("holds", 3)
    assert stage.corhub("device", "show", SERIAL)["device"]["firmware"] == "1.4.0.7"
    # The self-test that proved it is a record of the device's.
    assert [reading["kind"] for reading in stage.await_readings(1)] == ["self-test"]
    stage.await_receipts()


def test_an_image_that_must_not_stay_does_not(second, stage, maker):
    device = second.make_device_with_images(maker, "ed25519")
    second.start(maker)
    stage.eventually(lambda: stage.corhub("device", "list")["devices"], "the device is known")

    def tried(version):
        file = stage.folder / "image.bin"
        file.write_bytes(maker.image("ed25519", version=version).read_bytes())
        found = install(stage, file, status=1)["updates"][0]
        assert slots(stage)[0] == ("1.0.0", True, True)
        return found["phase"], found["reason"], device.flash.get("undone")[2]

    device.broken_on_trial = {"optics"}
    assert tried("1.4.0") == ("reverted", "self-test-failed", "not-confirmed")
    # Another maker's device: its boot loader does not have the key of the hub's images.
    device.boot_loader.keys = {}
    assert tried("1.5.0") == ("failed-permanently", "refused-by-boot-loader", "image-invalid")


def test_a_device_at_the_edges_of_the_profile_is_served(second, stage):
    """The smallest buffer, one request at a time, CBOR as loose as SMP allows, a full store, records as odd as they may be."""
    second.authority = signing.Authority()
    (stage.folder / "device-ca" / "device-ca.pem").write_bytes(second.authority.root_pem())
    device = second.make_device()
    device.buffer_size, device.buffer_count, device.encode = 1_024, 1, cbor.encode_loosely
    device.restart()
    assert second.ask(READ, 6, {}, group=OS) == {"buf_size": 1_024, "buf_count": 1}
    overwritten = 3
    for _ in range(device.records.COUNT_MAX + overwritten - 3):
        device.keep(records.SELF_TEST, {1: True, 2: []})
    device.keep(records.LOG_EXCERPT, {1: ["é" * 128] * 256})
    device.begin_run("C" * 64)
    device.measurement.run[4] = None
    device.measurement.add([None, -200_000, 200_000] * 6_666)
    device.end_run()
    device.keep(records.SELF_TEST, {1: False, 2: [{1: "optics", 2: False, 3: ""}] * 32})
    second.start()
    count = device.records.COUNT_MAX
    kinds = [reading["kind"] for reading in stage.await_readings(count)[:3]]
    assert kinds == ["self-test", "sedimentation-run", "log-excerpt"]
    stage.await_receipts()
    gaps = stage.corhub("device", "show", SERIAL)["gaps"]
    assert [(gap["first"], gap["last"]) for gap in gaps] == [(1, overwritten)], gaps
    stage.eventually(lambda: device.records.acknowledged == count + overwritten, "all are acknowledged")
    assert max(len(said.data()) for _, said in device.journal) <= 1_024


def test_a_record_that_another_key_signed_is_refused_and_the_next_is_kept(second, stage):
    """By a device that tells live samples, and compares what an acknowledgement is about."""
    device = second.make_device(capabilities=("esr", "live", "ack-proof"))
    second.start()
    monitor = stage.start("corhub", "monitor", "--socket", stage.socket)
    stage.eventually(lambda: second.asked(COR, 7) == [{"on": True}], "the hub wants live samples")
    impostor = signing.Signer(second.authority.signer(SERIAL).key, device.signer.chain)
    device.records.signer, own = impostor, device.records.signer
    device.measure("CARTRIDGE-1", minutes=1)
    stage.eventually(
        lambda: stage.corhub("buffer", "status")["buffer"]["quarantined"]["count"] == 1, "the record is set aside")
    device.records.signer = own
    device.begin_run("CARTRIDGE-2")
    device.sample(0, 250)
    assert monitor.await_event("live-sample")["cartridge"] == "CARTRIDGE-2"
    device.end_run()
    assert [reading["cartridge"] for reading in stage.await_readings(1)] == ["CARTRIDGE-2"]
    gaps = stage.corhub("device", "show", SERIAL)["gaps"]
    assert [(gap["first"], gap["last"], gap["reason"]) for gap in gaps] == [(1, 1, "refused")]
    stage.await_receipts()
    stage.eventually(lambda: device.records.acknowledged == 2, "both are acknowledged")
    assert all("proof" in request for request in second.asked(COR, 6))


@pytest.mark.parametrize("fault, reason", [("another key", "prove"), ("another maker", "trust")])
def test_a_device_that_cannot_prove_who_it_is_gets_nothing_and_gives_nothing(second, stage, fault, reason):
    own = second.authority.signer(SERIAL)
    signer = {
        "another key": signing.Signer(second.authority.signer(SERIAL).key, own.chain),
        "another maker": signing.Authority().signer(SERIAL),
    }[fault]
    device = second.make_device(signer=own, attester=signer)
    device.measure("CARTRIDGE-1", minutes=1)
    second.start()
    await_state(stage, "refused")
    assert reason in stage.corhub("status")["links"][0]["reason"]
    assert stage.readings() == [] and device.records.acknowledged == 0
    assert not second.asked(COR, 4) and not second.asked(COR, 6)
    assert "certificate-refused" in [e["type"] for e in stage.corhub("audit", "show", "--limit", "1000")["entries"]]


def test_a_device_without_a_certificate_is_worked_with_where_the_hub_is_told_to(second, stage):
    device = second.make_device(signer=signing.Authority().self_signed(SERIAL), is_certified=False)
    device.measure("CARTRIDGE-1", minutes=1)
    second.start(devices="allow_uncertified = true")
    [reading] = stage.await_readings(1)
    assert reading["trust"] == "link-only"
