"""A write or fsync of the store fails under the whole agent: it ends, says why, and the next start has everything."""

import os
import shutil
import subprocess

import pytest

from surroundings import FailingCalls, begin, measure_until_it_ends
from test_bad_surroundings import one_line, small_disk  # noqa: F401


@pytest.fixture
def faults(stage):
    return FailingCalls(stage).environment


def arrive_once(stage, ids):
    stage.await_readings(len(ids))
    stage.await_receipts()
    readings = stage.operator("/v1/readings?limit=1000")["readings"]
    assert sorted(reading["record_id"] for reading in readings) == sorted(ids)
    assert stage.corhub("buffer", "verify")["sound"] and stage.corhub("audit", "verify")["sound"]


# An fsync that fails, for whatever reason, is told as a disk that failed.
@pytest.mark.parametrize("mode, reason", [("eio", None), ("enospc", "the disk is full"), ("erofs", "the disk is read-only")])
@pytest.mark.parametrize("point", [60, 75, 90])
def test_a_call_that_fails_ends_the_agent_and_the_next_start_has_every_record(stage, faults, mode, reason, point):
    begin(stage)
    ids, status = measure_until_it_ends(stage, faults(mode, point))
    log = (stage.folder / "corhub.log").read_text()
    assert (status == (75 if mode == "enospc" else 1) and reason and reason in log) or (
        status == 1 and "the disk failed" in log), (status, log)
    stage.start_agent()
    arrive_once(stage, ids)


@pytest.mark.parametrize("point", [65, 85, 110])
def test_a_power_cut_under_the_agent_loses_nothing_that_the_device_let_go_of(stage, faults, point):
    begin(stage)
    ids, status = measure_until_it_ends(stage, faults("kill", point))
    assert status == -9
    stage.start_agent()
    arrive_once(stage, ids)


def test_a_disk_without_any_room_and_then_a_read_only_one_lose_nothing(stage, small_disk):  # noqa: F811
    subprocess.run(["mount", "-o", "remount,size=32m", small_disk], check=True)
    begin(stage)
    shutil.copytree(stage.folder / "hub" / "identity", small_disk / "identity")
    stage.write_configuration(state=small_disk, extra='[storage]\nreserve = "4MB"')
    stage.start_agent()
    ids = [stage.measure(seed=0)["id"]]
    stage.await_readings(1)
    filler = small_disk / "filler"
    with open(filler, "wb") as file:
        try:
            while True:
                os.write(file.fileno(), b"\0" * 4096)
        except OSError:
            pass
    ids.append(stage.measure(seed=1)["id"])
    stage.eventually(
        lambda: stage.agent.process.poll() is not None
        or stage.corhub("buffer", "status")["storage"]["pressure"] == "no-records", "it takes nothing more")
    stage.agent.end()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    message = one_line(stage.command("corhub", "run", "--config", stage.folder / "corhub.toml", status=1))
    assert "read-only" in message
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    filler.unlink()
    stage.start_agent()
    arrive_once(stage, ids)
