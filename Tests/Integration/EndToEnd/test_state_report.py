"""State reports: what the device itself signs of an update, from its boot loader to the gate of the publisher."""

import base64
import re
import shutil

import cbor2
import pytest
from pycose.keys import EC2Key
from pycose.keys.curves import P256
from pycose.messages import Sign1Message
from cryptography import x509

from rollout_stage import MODEL, Hub
from test_firmware_update import SERIAL, image, install, maker, running, start, update  # noqa: F401
from test_publisher import Place, place, published  # noqa: F401
from test_schemas import judge

CONTEXT = cbor2.dumps(["corone-attestation-v1"])


def events(stage):
    answer = stage.corhub("firmware", "history", SERIAL)
    judge("firmware-history", answer)
    return answer["events"]


def signed(text, stage):
    """The state in an audit entry, once another implementation has verified it by the device's certificate."""
    encoded = re.search(r"state report ([A-Za-z0-9_-]+)$", text).group(1)
    return verified(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), stage)


def verified(attestation, stage):
    message = Sign1Message.decode(attestation)
    certificate = x509.load_der_x509_certificate((stage.folder / "device/device.der").read_bytes())
    numbers = certificate.public_key().public_numbers()
    message.key = EC2Key(crv=P256, x=numbers.x.to_bytes(32, "big"), y=numbers.y.to_bytes(32, "big"))
    message.external_aad = CONTEXT
    assert message.verify_signature()
    return cbor2.loads(message.payload)


def batched(stage):
    """The firmware events of all batches that the hub has cut."""
    folder = stage.folder / "export"
    shutil.rmtree(folder, ignore_errors=True)
    stage.corhub("buffer", "export", folder)
    batches = [cbor2.loads(cbor2.loads(path.read_bytes()).value[2]) for path in folder.glob("batches/*/*.cose")]
    return [event for batch in sorted(batches, key=lambda batch: batch[4]) for event in batch[9]]


def test_each_step_carries_what_the_device_has_signed(stage, maker):
    start(stage, maker)
    new = image(stage, maker, "1.4.0", "--security-counter", "3")
    assert install(stage, new)["updates"][0]["phase"] == "confirmed"
    found = {event["type"]: event["state_report"] for event in events(stage)}
    # The first two phases are before the hub has looked at the device.
    assert found["offered"] is None and found["waiting"] is None
    assert {name: report["outcome"] for name, report in found.items() if report} == dict.fromkeys(
        ("uploading", "marked-for-test", "rebooting", "proving", "confirming", "confirmed"), "holds")
    assert (found["proving"]["state"]["running"]["version"], found["proving"]["state"]["running"]["state"]) == (
        "1.4.0", "on-trial")
    end = found["confirmed"]["state"]
    assert (end["running"]["version"], end["running"]["state"], end["security_counter"]) == ("1.4.0", "confirmed", 3)
    assert found["uploading"]["state"]["boot"] < end["boot"]
    # Batches carry the same: each step once and in its order, with the device's words as they came.
    steps = ["offered", "waiting", "uploading", "marked-for-test", "rebooting", "proving", "confirming", "confirmed"]
    sent = stage.eventually(lambda: len(told := batched(stage)) == len(steps) and told, "all steps are in batches")
    assert [event[2] for event in sent] == steps
    # firmware-specs/cddl/batch.cddl: evidence is key 5 of an event, a state is key 6 of an attestation, what runs its key 1
    states = [verified(event[5][0], stage)[6] for event in sent[2:]]
    assert not any(5 in event for event in sent[:2])
    assert [state[1][2] for state in states] == ["1.0.0"] * 3 + ["1.4.0"] * 3, states
    # An image that the boot loader would erase without a word is not sent at all, and the reason is told.
    low = image(stage, maker, "1.5.0", "--security-counter", "2")
    refused = install(stage, low, status=1)["updates"][0]
    assert (refused["phase"], refused["reason"]) == ("failed-permanently", "security-counter-too-low")
    assert "uploading" not in [event["type"] for event in events(stage)[:3]]


def test_what_the_boot_loader_took_back_is_signed(stage, maker):
    start(stage, maker)
    stage.device.say({"do": "fault", "name": "trial-self-test"})
    install(stage, image(stage, maker, "1.4.0"), status=1)
    [end] = [event for event in events(stage) if event["type"] == "reverted"]
    state = end["state_report"]["state"]
    assert (end["state_report"]["outcome"], state["running"]["version"]) == ("holds", "1.0.0")
    assert state["undone"] == {"image": state["spare"]["image"], "reason": "not-confirmed"}


def test_an_image_that_no_slot_takes_is_refused_before_a_byte_goes_over(stage, maker):
    start(stage, maker, "--slot-size", "65536")
    refused = install(stage, image(stage, maker, "1.4.0"), status=1)["updates"][0]
    assert (refused["phase"], refused["reason"]) == ("failed-permanently", "slot-too-small")
    assert "uploading" not in [event["type"] for event in events(stage)]


@pytest.mark.parametrize("fault, reason", [
    ("bad-state", "signature-invalid"), ("replayed-state", "nonce-differs"), ("other-image-state", "image-differs")])
def test_a_report_that_does_not_verify_is_none(stage, maker, fault, reason):
    """Threat 10: forged, replayed, of another image. The update goes by what is read back, and nothing signed is told."""
    start(stage, maker)
    stage.device.say({"do": "fault", "name": fault})
    assert install(stage, image(stage, maker, "1.4.0"))["updates"][0]["phase"] == "confirmed"
    # The first report is no replay.
    told = [event for event in events(stage) if event["type"] in ("rebooting", "proving", "confirming", "confirmed")]
    assert [event["state_report"] for event in told] == [None] * 4
    assert all(event["detail"].endswith(f"state report refused: {reason}") for event in told), told


def test_a_release_below_the_security_counter_is_said_beforehand(place, stage):
    """What the boot loader would erase without a word is not offered, and counts in no rollout; also while the device is away."""
    place.add_all()
    place.create("spring", "1.1.0+0", "--any-time", "--attempted-min", "1")
    hub = Hub(stage, published(place), image_key=place.public)
    assert install(stage, place.image("1.0.5", 2))["updates"][0]["phase"] == "confirmed"
    stage.eventually(lambda: hub.device()["version"] == "1.0.5+0", "the device's new version is known")
    hub.check()
    stage.eventually(lambda: hub.reasons("spring") == ["security-counter-too-low"], "it is said beforehand")
    shown = stage.corhub("rollout", "show")
    judge("rollouts", shown)
    [device] = shown["devices"]
    assert (device["security_counter"], device["offer"], device["decided_by"]) == (2, None, "spring")
    listed = stage.corhub("firmware", "list")
    judge("releases", listed)
    assert {r["version"]: r["refused_by"] for r in listed["models"][0]["releases"]} == {"1.1.0+0": [SERIAL]}
    text = stage.command("corhub", "firmware", "list", "--socket", stage.socket).stdout
    assert f"1.1.0+0: its security counter is too low for {SERIAL}" in text
    text = stage.command("corhub", "rollout", "show", "--socket", stage.socket).stdout
    assert "demands security counter 2" in text and "refuses any below 2" in text
    # It holds without the device, behind a restart of the agent, and is no failure of the rollout.
    stage.device.kill()
    assert stage.agent.end() == 0
    stage.start_agent()
    stage.eventually(lambda: hub.device() and hub.reasons("spring") == ["security-counter-too-low"], "it is remembered")
    assert "rollout-report" not in [event["type"] for event in events(stage)]
    assert update(stage)["image"]["version"] == "1.0.5+0"


def test_what_a_boot_loader_demands_outlives_the_update_that_told_it(place, stage):
    """It is kept for the device: behind a restart nothing is offered that the device would erase, whatever it can then sign or not."""
    place.add_all()
    place.create("spring", "1.1.0+0", "--any-time", "--attempted-min", "1")
    hub = Hub(stage, published(place), image_key=place.public)
    assert install(stage, place.image("1.0.5", 2))["updates"][0]["phase"] == "confirmed"
    # Another update takes the place of the one with the device's report, before the device is looked at for it.
    stage.corhub("inhibit", "add", "guests")
    install(stage, place.image("1.0.6", 2), "--no-wait")
    stage.eventually(lambda: update(stage)["image"]["version"] == "1.0.6+0" and update(stage)["waits_for"], "it waits")
    hub.check()
    stage.eventually(lambda: hub.reasons("spring") == ["security-counter-too-low"], "it is said beforehand")
    assert stage.agent.end() == 0
    stage.device.say({"do": "fault", "name": "bad-state"})
    stage.start_agent()
    stage.eventually(lambda: hub.device() and hub.device()["security_counter"] == 2, "it is remembered")
    # The device is there again, and nothing that it signs now verifies; the agent has asked it before it tells of its firmware.
    stage.eventually(lambda: stage.corhub("status")["links"][0]["state"] == "connected", "the device is there")
    stage.corhub("firmware", "cancel")
    hub.check()
    stage.measure()
    stage.await_receipts()
    assert (hub.device()["security_counter"], hub.offer()) == (2, None)
    assert hub.reasons("spring") == ["security-counter-too-low"]
    assert "rollout-report" not in [event["type"] for event in events(stage)]


def gate(place, stage, *more):
    return place.run(
        "rollout", "gate", "--model", MODEL, "--state", stage.folder / "upstream", *place.daily(), *more)


def test_what_the_device_did_not_sign_does_not_count(place, stage):
    place.add_all()
    place.create("spring", "1.1.0+0", "--any-time", "--stage", "10000:0s", "--attempted-min", "1")
    hub = Hub(stage, published(place), image_key=place.public, faults=["bad-state"])
    hub.check()
    stage.eventually(
        lambda: stage.corhub("device", "list")["devices"][0]["firmware"] == "1.1.0", "the device runs the release", 90)
    words = ["rollout", "status", "--model", MODEL, "--state", stage.folder / "upstream", "--repository", place.repository]
    [found] = stage.eventually(
        lambda: (found := place.run(*words)) and found[0]["not_counted"] and found, "the report is upstream")
    assert (found["attempted"], found["failed"], found["not_counted"]) == (0, 0, {"unsigned": 1})
    [held] = gate(place, stage)
    assert (held["gate"], held["acted"], held["reason"]) == ("hold", False, "all-open")


def test_the_gate_acts_once_and_says_why(place, stage):
    place.add_all()
    place.create("spring", "1.1.0+0", "--any-time", "--stage", "9999:0s", "--stage", "10000:0s", "--attempted-min", "1")
    hub = Hub(stage, published(place), image_key=place.public)
    hub.check()
    stage.eventually(
        lambda: stage.corhub("device", "list")["devices"][0]["firmware"] == "1.1.0", "the device runs the release", 90)
    [opened] = stage.eventually(
        lambda: (found := gate(place, stage)) and found[0]["gate"] == "advance" and found, "the gate opens the next stage")
    assert (opened["acted"], opened["attempted"], opened["not_counted"], opened["reason"]) == (True, 1, {}, "evidence-good")
    assert [stage_["opened"] is not None for stage_ in place.document()["rollouts"][0]["stages"]] == [True, True]
    [held] = gate(place, stage)
    assert (held["gate"], held["acted"], held["reason"]) == ("hold", False, "all-open")
    # The report is told once: a restart of the hub tells nothing anew.
    reports = [event for event in events(stage) if event["type"] == "rollout-report"]
    assert len(reports) == 1 and reports[0]["state_report"]["outcome"] == "holds"
    entries = [e["detail"] for e in stage.corhub("audit", "show", "--limit", "200")["entries"] if e["type"] == "firmware"]
    [detail] = [detail for detail in entries if detail.startswith("confirmed")]
    state = signed(detail, stage)[6]
    assert (state[1][2], state[1][3]) == ("1.1.0", 1)
    assert stage.agent.end() == 0
    stage.start_agent()
    stage.eventually(lambda: stage.corhub("device", "list")["devices"], "the device is known")
    assert len([event for event in events(stage) if event["type"] == "rollout-report"]) == 1
