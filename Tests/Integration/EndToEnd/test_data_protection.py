"""What lies on the disk, what a person can have of it, and how it goes."""

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess

from stage import PROGRAMS


def ask(stage, path):
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--unix-socket", stage.socket, f"http://hub{path}"],
        capture_output=True, check=True, timeout=30).stdout


def one_line(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_threat_17_no_piece_of_a_reading_lies_on_the_disk_as_it_is(stage):
    stage.start_all()
    stage.upstream.kill()
    ids = [stage.measure(seed=seed)["id"] for seed in range(2)]
    stage.await_readings(2)
    records = [ask(stage, f"/v1/readings/{record}/record") for record in ids]
    status = stage.corhub("status")
    assert status["storage_key"]["protection"] == "file"

    def pieces_on_disk():
        files = [path for path in (stage.folder / "hub").rglob("*") if path.is_file()]
        assert any(path.name == "store.sqlite-wal" for path in files) or stage.agent.process.poll() is not None
        contents = [path.read_bytes() for path in files]
        return sum(record[at:at + 24] in content for record in records for at in range(0, len(record) - 24, 40)
                   for content in contents)

    assert min(len(record) for record in records) > 1_000
    assert pieces_on_disk() == 0
    stage.agent.end()
    assert pieces_on_disk() == 0
    # The search finds what is there: the same records, in a file beside the store.
    (stage.folder / "hub" / "plain").write_bytes(records[0])
    assert pieces_on_disk() > 10


def test_a_missing_wrong_or_open_storage_key_refuses_the_start_in_one_line_and_the_right_one_goes_on(stage):
    stage.start_all()
    stage.measure()
    stage.await_readings(1)
    stage.agent.end()
    key = stage.folder / "hub/identity/storage.key"
    assert key.stat().st_mode & 0o777 == 0o600
    right = key.read_text()
    config = stage.folder / "corhub.toml"

    def refusal():
        return one_line(stage.command("corhub", "run", "--config", config, status=4))

    key.unlink()
    assert "storage.key does not exist" in refusal() and not key.exists()
    for text, reason in ((right[::-1].strip() + "\n", "sealed under the storage key"), ("00\n", "no storage key")):
        key.write_text(text)
        key.chmod(0o600)
        message = refusal()
        assert reason in message and right.strip() not in message
    key.write_text(right)
    key.chmod(0o644)
    assert "0644" in refusal()
    key.chmod(0o600)
    stage.start_agent()
    assert stage.readings()[0]["bytes"] == "present" and stage.corhub("buffer", "verify")["sound"]


def test_a_storage_key_can_come_as_a_credential_of_the_service_manager(stage):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration()
    credentials = stage.folder / "credentials"
    credentials.mkdir()
    (credentials / "corhub-storage-key").write_text("5a" * 32 + "\n")
    stage.start_agent(environment={**os.environ, "CREDENTIALS_DIRECTORY": str(credentials)})
    assert stage.corhub("status")["storage_key"]["protection"] == "credential"
    assert not (stage.folder / "hub/identity/storage.key").exists()


def test_readings_are_exported_for_people_and_programs(stage):
    stage.start_all()
    stage.measure()
    stage.measure("clot", seed=12)
    readings = stage.await_readings(2)

    def export(*options, status=0):
        return stage.command("corhub", "reading", "export", *options, "--socket", stage.socket, status=status).stdout

    rows = list(csv.DictReader(io.StringIO(export("--format", "csv"), newline="")))
    assert [row["record_id"] for row in rows] == [reading["record_id"] for reading in reversed(readings)]
    assert rows[0]["subject"] == "subject-0001"
    output = readings[-1]["results"][0]["output"]
    assert float(rows[0]["esr_mm_h"]) == output["esr_mm_h"]
    assert float(rows[0]["interval90_low"]) == output["interval90"][0]
    whole = json.loads(export("--format", "json", "--records"))["readings"]
    assert [{k: v for k, v in reading.items() if k != "record"} for reading in whole] == readings[::-1]
    assert bytes.fromhex(whole[0]["record"]) == ask(stage, f"/v1/readings/{whole[0]['record_id']}/record")
    assert len(list(csv.reader(io.StringIO(export("--format", "csv", "--since", "2999-12-31"))))) == 1
    assert len(json.loads(export("--format", "json", "--since", "2d"))["readings"]) == 2
    assert json.loads(export("--format", "json", "--subject", "nobody"))["readings"] == []
    export("--format", "csv", "--since", "2026-02-30", status=64)

    file = stage.folder / "readings.csv"
    summary = stage.corhub("reading", "export", "--format", "csv", "--out", file)
    assert summary["readings"] == 2 and file.read_text() == export("--format", "csv").replace("\r\n", "\n")
    assert file.stat().st_mode & 0o777 == 0o600
    stage.command("corhub", "reading", "export", "--format", "csv", "--out", file, "--socket", stage.socket, status=4)
    assert not list(stage.folder.glob("*.part"))


def erase(stage, *options, status=0):
    return stage.corhub("reading", "erase", "--subject", "subject-0001", *options, status=status)


def test_a_persons_readings_are_erased_and_upstream_is_told(stage):
    stage.start_all()
    sent = stage.measure()["id"]
    stage.await_readings(1)
    stage.await_receipts()
    stage.upstream.kill()
    waiting = stage.measure("clot", seed=12)["id"]
    stage.await_readings(2)
    assert erase(stage, status=5)["error"]["code"] == "needs-confirmation"
    assert {reading["bytes"] for reading in stage.readings()} == {"present"}
    done = erase(stage, "--yes")
    assert done["records"] + done["waiting"] >= 2 and done["results"] + done["waiting"] >= 2
    states = {reading["record_id"]: reading for reading in stage.readings()}
    assert states[sent]["bytes"] == "erased" and states[sent]["results"] == []
    stage.start_upstream()
    # What lay in a batch under way goes behind its receipt.
    stage.eventually(
        lambda: {reading["bytes"] for reading in stage.readings()} == {"erased"}, "all of it is erased")
    assert stage.corhub("buffer", "verify")["sound"] and stage.corhub("audit", "verify")["sound"]
    assert erase(stage, "--yes", status=2)["records"] == 0
    entries = [entry for entry in stage.corhub("audit", "show", "--limit", "500")["entries"] if entry["type"] == "erasure"]
    assert {entry["outcome"] for entry in entries} == {"accepted", "done"} and len(entries) == 2
    assert {entry["subject"] for entry in entries} == {"subject-0001"}

    def told():
        audit = stage.operator("/v1/audit?hub=hub-0001&limit=1000")
        return [entry for entry in audit["entries"] if entry["type"] == "erasure"]

    stage.eventually(lambda: len(told()) == 2, "upstream knows of the erasure")
    trace = stage.corhub("reading", "trace", waiting, status=None)
    assert trace["reading"]["bytes"] == "erased"
    # Readings go on.
    stage.measure(seed=13)
    assert [reading["bytes"] for reading in stage.await_readings(3)] == ["present", "erased", "erased"]


def test_an_erasure_whose_asker_goes_away_is_done_by_the_agent(stage):
    stage.start_all()
    for seed in range(3):
        stage.measure(seed=seed)
    stage.await_readings(3)
    stage.await_receipts()
    asker = subprocess.Popen(
        [PROGRAMS / "corhub", "reading", "erase", "--subject", "subject-0001", "--yes", "--socket", stage.socket],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stage.eventually(lambda: any(r["bytes"] == "erased" for r in stage.readings()) or asker.poll() is not None, "it begins")
    asker.send_signal(signal.SIGINT)
    asker.wait(10)
    stage.agent.kill()
    stage.start_agent()
    stage.eventually(lambda: {r["bytes"] for r in stage.readings()} == {"erased"}, "it is finished")
    assert stage.corhub("buffer", "verify")["sound"]


def test_an_exported_audit_trail_is_verified_without_an_agent(stage):
    stage.start_all()
    stage.measure()
    stage.await_readings(1)
    stage.await_receipts()
    file = stage.folder / "audit.cbor"
    newest = stage.corhub("audit", "export", file)["hash"]
    stage.agent.end()
    # Also with no agent there.
    found = json.loads(stage.command("corhub", "audit", "verify", file, "--newest", newest, "--json").stdout)
    assert found["sound"] and found["first"] == 1 and found["entries"] == found["last"]
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert "cannot be read" in stage.command("corhub", "audit", "verify", file, status=1).stderr
    stage.command("corhub", "audit", "verify", stage.folder / "none.cbor", status=3)
    file.write_bytes(b"")
    stage.command("corhub", "audit", "verify", file, status=1)


def test_readings_go_to_the_region_of_the_configuration_only(stage):
    stage.start_device()
    for name, options in (("upstream", ["--region", "eu-central"]), ("elsewhere", ["--region", "us-east"]), ("silent", [])):
        stage.command("corhub-upstream", "init", stage.folder / name, "--environment", "test", *options)
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration(extra='[upstream]\nregion = "eu-central"')
    stage.start_agent()
    stage.measure()
    stage.await_readings(1)
    stage.await_receipts()
    stage.upstream.end()
    # The same authority and enrolments in another region: only the server's own certificate differs.
    for name, region in (("elsewhere", "us-east"), ("silent", "unknown")):
        for file in (stage.folder / "upstream").iterdir():
            if file.name not in ("upstream.json", "server.pem", "server.key"):
                (stage.folder / name / file.name).write_bytes(file.read_bytes())
        for file in ("server.pem", "server.key"):
            (stage.folder / name / file).unlink(missing_ok=True)
        stage.start_upstream(name)
        stage.measure("clot", seed=12)
        stage.corhub("buffer", "flush", status=None)
        reason = f"the upstream is in region {region}, and readings may go to eu-central only (upstream.region)"
        stage.eventually(lambda: stage.corhub("status")["forwarding"].get("reason") == reason, reason)
        assert stage.corhub("buffer", "status")["buffer"]["batches_without_receipt"]["count"] == 1
        stage.upstream.end()
    stage.start_upstream()
    stage.await_receipts()
    refused = [entry for entry in stage.corhub("audit", "show", "--limit", "500")["entries"]
               if entry["type"] == "region-refused"]
    assert len(refused) == 2 and {entry["outcome"] for entry in refused} == {"refused"}


def test_no_secret_stands_in_the_store_beside_the_key(stage):
    stage.start_all()
    stage.measure()
    stage.await_readings(1)
    stage.agent.end()
    secret = bytes.fromhex((stage.folder / "hub/identity/storage.key").read_text())
    with sqlite3.connect(stage.folder / "hub/store/store.sqlite") as database:
        ids = [row[0] for row in database.execute("SELECT value FROM settings WHERE key = 'storage-key'")]
    assert len(ids) == 1 and len(ids[0]) == 8 and ids[0] not in secret
    for path in (stage.folder / "hub/store").iterdir():
        content = path.read_bytes()
        assert secret not in content and secret.hex().encode() not in content
