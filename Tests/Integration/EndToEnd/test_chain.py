"""A reading travels from COR One to a verified receipt: seen from outside, judged by others."""

import json
import re
import signal
import subprocess
import sys

import cbor2

from stage import HUB, PROGRAMS, ROOT


def test_a_reading_travels_to_a_verified_receipt(stage):
    stage.start_all(retention="0s")
    closed = stage.measure()
    reading = stage.await_readings(1)[0]
    assert reading["record_id"] == closed["id"]
    assert reading["results"][0]["output"]["status"] in ("final", "preliminary")

    trace = stage.eventually(
        lambda: (t := stage.corhub("reading", "trace", closed["id"])) and t["reading"]["bytes"] == "pruned" and t,
        "the record is pruned behind its receipt")
    # One batch with record and result, or one of each.
    batches = {check["of"] for check in trace["checks"] if check["of"].startswith("batch ")}
    passages = [trace["record_passage"], *trace["result_passages"]]
    assert batches == {f"batch {p['batch']['epoch']}/{p['batch']['sequence']}" for p in passages}
    expected = ["record-id", "device-certificate", "device-signature", "reception", "analysis", "analysis-repeated"]
    expected += ["batch", "hub-certificate", "batch-signature", "batch-chain", "receipt", "receipt-inclusion"] * len(batches)
    expected += ["batch-item"] * 2
    held = [check["step"] for check in trace["checks"] if check["outcome"] == "holds"]
    assert sorted(held) == sorted(expected)
    # Nobody claimed this device, so that it never showed itself for that.
    assert [(c["step"], c["outcome"]) for c in trace["checks"] if c["outcome"] != "holds"] == [("device-attestation", "open")]

    # Each names the certificate that openssl finds in the folders of device authority and upstream.
    def fingerprint(path):
        text = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"], capture_output=True,
                              text=True, check=True).stdout
        return text.partition("=")[2].strip().replace(":", "").lower()

    anchors = {(check["step"], check["anchor"]["kind"]): check["anchor"]["sha256"] for check in trace["checks"]}
    device = fingerprint(stage.folder / "device-ca" / "device-ca.pem")
    authority = fingerprint(stage.folder / "upstream" / "ca.pem")
    receipt = fingerprint(stage.folder / "hub" / "identity" / "receipt.pem")
    assert anchors["device-signature", "device-authority"] == device
    for step in ("hub-certificate", "batch-signature", "batch-chain", "batch-item", "reception"):
        assert anchors[step, "upstream-authority"] == authority, step
    assert anchors["receipt", "receipt-certificate"] == anchors["receipt-inclusion", "receipt-certificate"] == receipt
    told = stage.command("corhub", "reading", "trace", closed["id"], "--verify", "--socket", stage.socket).stdout
    assert f"the upstream's authority CN=" in told and told.count(authority) >= 5 and "0 broken, 1 open" in told

    seen = stage.operator(f"/v1/readings/{closed['id']}")
    assert closed["id"] in json.dumps(seen)
    assert stage.corhub("audit", "verify")["sound"] is True
    assert stage.corhub("buffer", "flush", status=2) is not None


def test_an_independent_verifier_agrees_with_an_export(stage):
    stage.start_all()
    for artefact in ("none", "clot"):
        stage.measure(artefact)
    stage.await_readings(2)
    stage.await_receipts()
    export = stage.folder / "export"
    stage.corhub("buffer", "export", export)
    done = subprocess.run(
        [sys.executable, ROOT / "Tests" / "Conformance" / "verify_export.py", "--json", export],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["records"] == 2

    # The verifier can fail: one flipped byte of one batch.
    batch = sorted(export.glob("batches/*/*.cose"))[-1]
    flipped = bytearray(batch.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    batch.write_bytes(flipped)
    done = subprocess.run(
        [sys.executable, ROOT / "Tests" / "Conformance" / "verify_export.py", export],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 1


def test_each_batch_names_the_build_that_cut_it(stage):
    stage.start_all()
    stage.measure()
    stage.await_readings(1)
    stage.await_receipts()
    notes = subprocess.run(["readelf", "-n", PROGRAMS / "corhub"], capture_output=True, text=True, check=True).stdout
    build = re.search(r"Build ID: ([0-9a-f]+)", notes)[1]
    assert json.loads(stage.command("corhub", "version", "--json").stdout)["build"] == build
    assert stage.corhub("status")["build"] == build
    stage.corhub("buffer", "export", stage.folder / "export")
    batches = list(stage.folder.glob("export/batches/*/*.cose"))
    assert batches
    for path in batches:
        # firmware-specs/cddl/batch.cddl: software is key 13, the build hash its key 2
        payload = cbor2.loads(cbor2.loads(path.read_bytes()).value[2])
        assert payload[13][2].hex() == build


def test_what_piles_up_in_an_outage_of_the_upstream_arrives_once(stage):
    stage.start_all()
    stage.upstream.kill()
    ids = [stage.measure(seed=seed)["id"] for seed in (1, 2, 3)]
    stage.await_readings(3)
    stage.start_upstream()
    stage.await_receipts()
    readings = stage.operator("/v1/readings?limit=100")["readings"]
    assert sorted(reading["record_id"] for reading in readings) == sorted(ids)


def test_kill_9_of_the_hub_loses_and_doubles_nothing(stage):
    stage.start_all()
    ids = []
    for round in range(5):
        ids.append(stage.measure(seed=100 + round)["id"])
        stage.agent.kill()
        stage.start_agent()
    stage.await_readings(len(ids))
    stage.await_receipts()
    readings = stage.operator("/v1/readings?limit=100")["readings"]
    assert sorted(reading["record_id"] for reading in readings) == sorted(ids)
    assert stage.corhub("buffer", "verify")["sound"] is True


def test_a_fake_upstream_gets_nothing_and_causes_no_prune(stage):
    stage.start_all(retention="0s")
    stage.upstream.kill()
    stage.measure()
    stage.await_readings(1)
    stage.start_upstream("fake-upstream")
    state = stage.eventually(
        lambda: (s := stage.corhub("status")["forwarding"])["state"] == "waiting" and "trusted" in s["reason"] and s,
        "the fake upstream is not trusted")
    assert "certificate" in state["reason"]
    assert stage.readings()[0]["bytes"] == "present"
    fake = stage.command("corhub-upstream", "hub", "list", "--state", stage.folder / "fake-upstream", "--json")
    assert HUB not in fake.stdout


def test_a_token_enrols_once(stage):
    stage.start_device()
    stage.start_upstream()
    token = stage.enrol()
    # Another hub's disk, the same token.
    (stage.folder / "hub").rename(stage.folder / "first")
    stage.enrol(token=token, status=4)


def test_sigterm_ends_the_agent_cleanly_and_the_end_is_audited(stage):
    stage.start_all()
    stage.measure()
    stage.await_readings(1)
    assert stage.agent.end(signal.SIGTERM) == 0
    assert not stage.socket.exists()
    stage.start_agent()
    entries = stage.corhub("audit", "show", "--limit", "1000")["entries"]
    assert [e["type"] for e in entries if e["type"] in ("start", "stop")] == ["start", "stop", "start"]


def test_the_monitor_tells_live_samples_estimates_and_results_as_json_lines(stage):
    stage.start_all()
    monitor = stage.start("corhub", "monitor", "--socket", stage.socket)
    stage.eventually(lambda: stage.corhub("device", "list")["devices"], "the device is known")
    stage.measure()
    for event in ("live-sample", "live-estimate", "record-stored", "result", "receipt-accepted"):
        line = monitor.await_event(event)
        if event == "live-estimate":
            assert line["estimate"]["provisional"] is True
