"""The hub's wall clock is wrong, and is set right while it works: nothing is lost, doubled or removed by a wrong clock."""

import time

import pytest

from surroundings import YEAR, begin


def start(stage, clock, shift):
    begin(stage, retention="0s")
    clock.stands(shift)
    stage.start_agent(environment=clock.environment)
    told = stage.corhub("status")["time"]["wall_ms"] / 1_000
    assert abs(told - time.time() - shift) < 30


def all_arrive_once(stage, ids):
    stage.await_receipts()
    readings = stage.operator("/v1/readings?limit=1000")["readings"]
    assert sorted(reading["record_id"] for reading in readings) == sorted(ids)
    assert stage.corhub("buffer", "verify")["sound"] and stage.corhub("audit", "verify")["sound"]


@pytest.mark.parametrize("name, shift", [
    ("in 1970", -time.time() + 60), ("20 years back", -20 * YEAR), ("20 years ahead", 20 * YEAR),
    ("behind 2038", 2_147_483_647 + 86_400 - time.time()),
], ids=lambda value: value if isinstance(value, str) else "")
def test_threat_12_a_start_with_a_wrong_clock_collects_and_sends_when_it_is_right(stage, clock, name, shift):
    start(stage, clock, shift)
    ids = [stage.measure(seed=seed)["id"] for seed in range(2)]
    stage.await_readings(2)
    status = stage.corhub("status")
    assert status["clock_trust"]["trusted"] is False
    # No certificate is valid then, and nothing is removed.
    assert status["forwarding"]["state"] in ("waiting", "sending", "lingering", "cutting")
    assert {reading["bytes"] for reading in stage.readings()} == {"present"}
    assert stage.operator("/v1/readings?limit=1000")["readings"] == []
    clock.stands(0)
    ids.append(stage.measure("clot", seed=12)["id"])
    stage.await_readings(3)
    all_arrive_once(stage, ids)
    stage.eventually(
        lambda: "clock-step" in {entry["type"] for entry in stage.corhub("audit", "show", "--limit", "500")["entries"]},
        "the step is audited", seconds=90)


@pytest.mark.parametrize("step", [-3_600, 3_600, -86_400 * 400])
def test_threat_12_a_step_between_two_batches_loses_nothing(stage, clock, step):
    start(stage, clock, 0)
    ids = [stage.measure(seed=1)["id"]]
    stage.await_readings(1)
    stage.await_receipts()
    clock.stands(step)
    ids.append(stage.measure(seed=2)["id"])
    stage.await_readings(2)
    stage.eventually(
        lambda: "clock-step" in {entry["type"] for entry in stage.corhub("audit", "show", "--limit", "500")["entries"]},
        "the step is audited", seconds=90)
    clock.stands(0)
    ids.append(stage.measure(seed=3)["id"])
    stage.await_readings(3)
    all_arrive_once(stage, ids)
