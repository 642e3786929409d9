"""A device that lies: what it lies about is refused and audited, and the rest goes on."""

import pytest


@pytest.mark.parametrize("fault", ["wrong-length=1", "wrong-hash=1"])
def test_a_list_that_is_wrong_once_frees_nothing_and_the_record_is_read_again(stage, fault):
    stage.start_all()
    name, count = fault.split("=")
    stage.device.say({"do": "fault", "name": name, "n": int(count)})
    wanted = [stage.measure(seed=seed)["id"] for seed in (1, 2)]
    stage.eventually(
        lambda: sorted(r["record_id"] for r in stage.readings()) == sorted(wanted), "both records are kept")
    details = [e["detail"] for e in stage.corhub("audit", "show", "--limit", "1000")["entries"]]
    assert any(detail.startswith("acknowledgement-differs") for detail in details)
    stage.await_receipts()


@pytest.mark.parametrize("fault", ["truncated-record=3", "wrong-signature=1"])
def test_a_record_that_is_not_what_it_claims_is_refused_and_the_next_one_is_kept(stage, fault):
    stage.start_all()
    name, count = fault.split("=")
    stage.device.say({"do": "fault", "name": name, "n": int(count)})
    refused = stage.measure(seed=1)["id"]
    stage.eventually(
        lambda: stage.corhub("buffer", "status")["buffer"]["quarantined"]["count"] == 1, "the record is set aside")
    kept = stage.measure(seed=2)["id"]
    stage.eventually(lambda: [r["record_id"] for r in stage.readings()] == [kept], "only the sound record is kept")
    entries = stage.corhub("audit", "show", "--limit", "1000")["entries"]
    assert [e["type"] for e in entries].count("record-refused") == 1
    serial = stage.corhub("device", "list")["devices"][0]["serial"]
    gaps = stage.corhub("device", "show", serial)["gaps"]
    assert [(gap["first"], gap["last"], gap["reason"]) for gap in gaps] == [(1, 1, "refused")]
    stage.await_receipts()
    assert refused not in str(stage.operator("/v1/readings?limit=100"))


@pytest.mark.parametrize("fault", ["duplicate-record", "duplicate-answer=5", "dropped-answer=2", "wrong-offset=1",
                                   "endless-list", "endless-events", "garbage-answer=1", "wrong-message-length=1"])
def test_a_device_that_misbehaves_in_transit_still_delivers_every_record_once(stage, fault):
    stage.start_all("--fault", fault)
    ids = [stage.measure(seed=seed)["id"] for seed in (1, 2)]
    readings = stage.await_readings(2)
    assert sorted(r["record_id"] for r in readings) == sorted(ids)
    stage.await_receipts()


@pytest.mark.parametrize("fault, reason", [
    ("bad-certificate", "trust"), ("other-serial", "serial"), ("no-certificate", "certificate"),
    ("bad-attestation", "prove"), ("stale-nonce", "nonce"),
])
def test_an_impostor_is_refused_with_the_reason_and_nothing_of_it_is_stored(stage, fault, reason):
    stage.start_all("--fault", fault)
    stage.measure()
    link = stage.eventually(
        lambda: (link := stage.corhub("status")["links"][0])["state"] == "refused" and link, "the device is refused")
    assert reason in link["reason"]
    assert stage.readings() == []
    entries = stage.corhub("audit", "show", "--limit", "1000")["entries"]
    assert "certificate-refused" in [e["type"] for e in entries]


def test_threat_3_a_device_without_its_certificate_cannot_speak_for_one_that_was_attested(stage):
    stage.start_all()
    kept = stage.measure(seed=1)["id"]
    stage.await_readings(1)
    stage.agent.end()
    stage.device.end()
    # The impostor has the serial number and no certificate, and this hub works with such devices.
    config = stage.folder / "corhub.toml"
    config.write_text(config.read_text().replace("[devices]", "[devices]\nallow_uncertified = true"))
    stage.start_device("--fault", "no-certificate", port=stage.device_port, state=False)
    stage.start_agent()
    stage.measure(seed=2)
    link = stage.eventually(
        lambda: (link := stage.corhub("status")["links"][0])["state"] == "refused" and link, "the device is refused")
    assert "proved itself by a certificate before" in link["reason"]
    assert [reading["record_id"] for reading in stage.readings()] == [kept]
    details = [e["detail"] for e in stage.corhub("audit", "show", "--limit", "1000")["entries"]]
    assert any(detail.startswith("certificate-withheld") for detail in details)
    assert stage.corhub("device", "list")["devices"][0]["trust"] == "attested"


def test_a_sequence_that_goes_back_acknowledges_nothing_unread(stage):
    stage.start_all()
    first = stage.measure(seed=1)["id"]
    stage.await_readings(1)
    stage.device.say({"do": "fault", "name": "sequence-back"})
    stage.measure(seed=2)
    stage.eventually(
        lambda: stage.corhub("buffer", "status")["buffer"]["quarantined"]["count"] == 1,
        "the record under a used sequence is set aside")
    assert [r["record_id"] for r in stage.readings()] == [first]
    details = [e["detail"] for e in stage.corhub("audit", "show", "--limit", "1000")["entries"]]
    assert any("sequence-went-back" in detail for detail in details)
