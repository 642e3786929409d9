"""Restored and copied disks, rejected batches, metered links: everything arrives once, or is named."""

import json
import shutil
import subprocess
import sys

from stage import HUB, ROOT


def record_ids(stage):
    return sorted(r["record_id"] for r in stage.operator("/v1/readings?limit=1000")["readings"])


def audit_types(stage):
    return [e["type"] for e in stage.corhub("audit", "show", "--limit", "1000")["entries"]]


def alarm_kinds(stage):
    return {alarm["kind"] for alarm in stage.operator(f"/v1/alarms?hub={HUB}")["alarms"]}


def epochs(stage):
    return stage.operator(f"/v1/hubs/{HUB}")["epochs"]


def verify_export(stage, name):
    folder = stage.folder / name
    stage.corhub("buffer", "export", folder)
    done = subprocess.run(
        [sys.executable, ROOT / "Tests" / "Conformance" / "verify_export.py", "--json", folder],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_threat_13_a_restored_disk_image_goes_on_in_a_new_epoch_and_everything_arrives_once(stage):
    stage.start_all()
    store, image, future = (stage.folder / name for name in ("hub/store", "image", "future"))
    ids = [stage.measure(seed=1)["id"]]
    stage.await_readings(1)
    stage.await_receipts()
    stage.agent.end()
    shutil.copytree(store, image)

    stage.start_agent()
    ids += [stage.measure(seed=seed)["id"] for seed in (2, 3)]
    stage.await_readings(3)
    stage.await_receipts()
    stage.agent.end()
    store.rename(future)
    image.rename(store)

    # The old image: the upstream has batches of a future that this hub does not remember.
    stage.start_agent()
    ids.append(stage.measure(seed=4)["id"])
    stage.await_readings(2)
    stage.await_receipts()
    stage.eventually(lambda: len(epochs(stage)) == 2, "a second epoch")
    assert record_ids(stage) == sorted(ids)
    assert audit_types(stage).count("epoch-renewed") == 1
    assert {"sequence-reused", "epoch-replaced"} <= alarm_kinds(stage)
    assert stage.corhub("buffer", "verify")["sound"] is True
    assert verify_export(stage, "export")["epochs"] == 2
    # The device no longer has what the lost future acknowledged. It is named, and upstream it is not missing.
    gaps = stage.operator("/v1/gaps?limit=100")["gaps"]
    assert gaps and all(gap["missing"] == 0 for gap in gaps)

    # The disk of that future in its turn: a newer life of this hub goes on elsewhere, so a person decides.
    stage.agent.end()
    shutil.rmtree(store)
    future.rename(store)
    stage.start_agent()
    ids.append(stage.measure(seed=5)["id"])
    stage.await_readings(4)
    stage.eventually(
        lambda: (f := stage.corhub("status")["forwarding"])["state"] == "blocked" and "epoch-closed" in f["reason"],
        "forwarding is blocked")
    assert stage.corhub("buffer", "new-epoch", status=5)["error"]["code"] == "needs-confirmation"
    stage.corhub("buffer", "new-epoch", "--yes")
    stage.await_receipts()
    assert record_ids(stage) == sorted(ids)
    assert len(epochs(stage)) == 3
    assert stage.corhub("buffer", "new-epoch", "--yes", status=2)["error"]["code"] == "not-blocked"
    assert stage.corhub("buffer", "verify")["sound"] is True


def test_a_rejected_batch_blocks_none_that_follow_and_its_records_arrive_once_after_repair(stage):
    stage.start_device()
    # This upstream does not know the maker of the device yet.
    stage.command("corone-sim", "make-ca", stage.folder / "other-ca")
    stage.start_upstream(device_ca="other-ca")
    stage.enrol()
    stage.write_configuration()
    stage.start_agent()
    assert stage.corhub("buffer", "requeue", status=2)["items"] == 0
    first = [stage.measure(seed=seed)["id"] for seed in (1, 2)]
    stage.await_readings(2)
    stage.eventually(
        lambda: (b := stage.corhub("buffer", "status")["buffer"])["batches_rejected"]["count"] >= 1
        and b["pending_records"]["count"] == 0 and b["batches_without_receipt"]["count"] == 0,
        "the batches with the records are rejected")
    assert record_ids(stage) == []
    assert "quarantine" in audit_types(stage)

    stage.upstream.end()
    stage.start_upstream()
    later = [stage.measure(seed=3)["id"]]
    stage.await_readings(3)
    stage.await_receipts()
    assert record_ids(stage) == later
    gaps = stage.operator("/v1/gaps?limit=100")["gaps"]
    named = {gap for g in gaps if g["reason"] == "quarantined" for gap in range(g["first"], g["last"] + 1)}
    assert named == {1, 2}

    # The cause is mended; a person lets them go again.
    requeued = stage.corhub("buffer", "requeue")
    assert requeued["items"] >= 2 and requeued["batches"]
    stage.eventually(lambda: record_ids(stage) == sorted(first + later), "all records are upstream, once")
    stage.await_receipts()
    assert all(gap["missing"] == 0 for gap in stage.operator("/v1/gaps?limit=100")["gaps"])
    assert stage.corhub("buffer", "requeue", status=2)["batches"] == []
    buffer = stage.corhub("buffer", "status")["buffer"]
    assert buffer["batches_rejected"]["count"] == 0
    trace = stage.corhub("reading", "trace", first[0])
    assert {check["step"]: check["outcome"] for check in trace["checks"]}["receipt"] == "holds"
    assert stage.corhub("buffer", "verify")["sound"] is True
    # The hub's own log is upstream without a hole, though parts of it came late.
    stage.corhub("buffer", "flush", status=2)
    entries = [e["sequence"] for e in stage.operator(f"/v1/audit?hub={HUB}&limit=1000")["entries"]]
    assert entries == list(range(1, len(entries) + 1))


def test_on_a_metered_link_results_go_and_raw_records_wait_for_the_day(stage):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    config = stage.write_configuration()
    config.write_text(config.read_text().replace("[forwarding]", '[forwarding]\nraw_bytes_per_day = "1kB"'))
    stage.start_agent()
    ids = [stage.measure(seed=seed)["id"] for seed in (1, 2, 3)]
    stage.await_readings(3)
    stage.eventually(lambda: record_ids(stage) == ids[:1], "the first record has used the day's budget")
    passages = stage.eventually(
        lambda: (traces := [stage.corhub("reading", "trace", id) for id in ids])
        and all((t["result_passages"][0] or {}).get("receipt") for t in traces) and traces,
        "all results have receipts")
    assert [t["record_passage"] is None for t in passages] == [False, True, True]
    # Neither a flush nor a restart opens a new day.
    stage.corhub("buffer", "flush", "--wait", "1", status=75)
    stage.agent.end()
    stage.start_agent()
    stage.corhub("buffer", "flush", "--wait", "1", status=75)
    assert record_ids(stage) == ids[:1]
    assert stage.corhub("buffer", "status")["buffer"]["pending_records"]["count"] == 2
