"""Whose results they are, results that are added later, models that are installed, and the trend: from outside."""

import re
import subprocess
import sys

import pytest

from stage import ROOT
from test_schemas import judge

ARTEFACTS = sorted((ROOT / "models/esr/artefact").glob("*.esrmodel"))
SIGN = ROOT / "models/esr/sign.py"


def start(stage, subject=True, model_certificate=None):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    extra = f'[analysis]\nmodel_certificate = "{model_certificate}"\n' if model_certificate else ""
    path = stage.write_configuration(extra=extra)
    if not subject:
        path.write_text(path.read_text().replace('subject = "subject-0001"\n', ""))
    stage.start_agent()


def show(stage, reading):
    answer = stage.corhub("reading", "show", reading["record_id"])
    judge("reading", answer)
    return answer


def sign(stage, model, environment="test", maker="maker"):
    """A signed message of these bytes, by the maker with this name."""
    folder = stage.folder / maker
    if not folder.exists():
        subprocess.run([sys.executable, SIGN, "keygen", folder], check=True)
    source, target = stage.folder / "a.esrmodel", stage.folder / "a.cormodel"
    source.write_bytes(model)
    subprocess.run([sys.executable, SIGN, "sign", source, "--key", folder / "model-key.pem", "--certificate",
                    folder / "model.pem", "--environment", environment, "--out", target], check=True)
    return target


def revised(number):
    """The program's own model under another revision: the same answers, other bytes."""
    model = ARTEFACTS[-1].read_bytes()
    return re.sub(rb"\nrevision \d+\n", b"\nrevision %d\n" % number, model, count=1)


def test_a_run_of_nobody_waits_for_its_person_and_goes_to_no_other(stage):
    start(stage, subject=False)
    stage.measure()
    reading = stage.await_readings(1)[0]
    stage.await_receipts()
    assert (reading["subject"], reading["results"], reading["awaits_subject"]) == (None, [], True)
    assert show(stage, reading)["trend"] is None
    # The raw run is upstream, its result is nowhere.
    assert stage.corhub("reading", "trace", reading["record_id"])["record_passage"]["receipt"]["status"] == "accepted"

    assigned = stage.corhub("reading", "assign", reading["record_id"], "subject-0007")
    judge("assignment", assigned)
    assert assigned["results"] == 1
    after = show(stage, reading)
    [result] = after["reading"]["results"]
    assert (result["subject"], after["reading"]["awaits_subject"]) == ("subject-0007", False)
    assert result["output"]["status"] == "final"
    assert (after["trend"]["reason"], after["trend"]["discontinuity"]) == ("too-few-results", False)

    # Once only, to nobody else, and neither does asking again.
    judge("error", stage.corhub("reading", "assign", reading["record_id"], "subject-0008", status=2))
    stage.corhub("reading", "assign", "0" * 64, "subject-0007", status=3)
    [result] = show(stage, reading)["reading"]["results"]
    assert result["subject"] == "subject-0007"

    def passage():
        return stage.corhub("reading", "trace", reading["record_id"])["result_passages"][0]

    # A result may still be waiting for its batch when no record is.
    stage.eventually(lambda: (found := passage()) and found["receipt"], "the result's receipt")
    assert passage()["receipt"]["status"] == "accepted"
    trace = stage.corhub("reading", "trace", reading["record_id"])
    assert not [check for check in trace["checks"] if check["outcome"] == "broken"]


def test_a_device_is_assigned_from_now_on_and_what_waits_only_where_it_is_said(stage):
    start(stage, subject=False)
    stage.measure()
    first = stage.await_readings(1)[0]
    serial = first["device"]
    judge("assignment", stage.corhub("device", "assign", serial, "subject-0001"))
    assert show(stage, first)["reading"]["awaits_subject"]

    # This run takes half an hour of the device's time and two seconds of ours: by its length it began before.
    stage.measure(seed=12)
    second = stage.await_readings(2)[0]
    assert show(stage, second)["reading"]["awaits_subject"]

    answer = stage.corhub("device", "assign", serial, "subject-0001", "--waiting")
    assert answer["results"] == 2
    for reading in (first, second):
        [result] = show(stage, reading)["reading"]["results"]
        assert result["subject"] == "subject-0001"
    stage.corhub("device", "assign", "COR1-0000", "subject-0001", status=3)
    actions = [entry["type"] for entry in stage.corhub("audit", "show", "--limit", "1000")["entries"]]
    assert actions.count("assignment") == 4
    text = stage.command("corhub", "audit", "show", "--limit", "1000", "--socket", stage.socket).stdout
    assert "subject-0001" not in text


def test_a_model_is_installed_used_kept_and_rolled_back_and_adds_results(stage):
    sign(stage, revised(900))  # makes the maker
    start(stage, model_certificate=stage.folder / "maker" / "model.pem")
    stage.measure()
    reading = stage.await_readings(1)[0]
    before = stage.corhub("model", "status")
    judge("model", before)
    assert (before["source"], before["can_roll_back"], before["takes_models"]) == ("built-in", False, True)
    stage.corhub("reading", "analyze", reading["record_id"], status=2)
    stage.corhub("model", "rollback", status=2)

    installed = stage.corhub("model", "install", sign(stage, revised(900)))
    judge("model", installed)
    assert (installed["in_use"]["revision"], installed["source"]) == (900, "installed")
    reanalysed = stage.corhub("reading", "analyze", "--all")
    judge("reanalysis", reanalysed)
    assert reanalysed["results"] == 1
    old, new = show(stage, reading)["reading"]["results"]
    assert old["result_id"] != new["result_id"] and old["model_hash"] != new["model_hash"]
    assert old["output"] == new["output"]

    # It is there after a start, and runs are analysed with it.
    assert stage.agent.end() == 0
    stage.start_agent()
    assert stage.corhub("model", "status")["in_use"] == installed["in_use"]
    stage.measure(seed=12)
    second = stage.await_readings(2)[0]
    assert second["results"][0]["model_hash"] == new["model_hash"]

    rolled = stage.corhub("model", "rollback")
    assert (rolled["in_use"], rolled["source"], rolled["can_roll_back"]) == (before["in_use"], "built-in", False)
    types = [(entry["type"], entry["outcome"]) for entry in stage.corhub("audit", "show", "--limit", "1000")["entries"]]
    assert types.count(("analysis", "done")) >= 3
    assert stage.corhub("buffer", "verify")["sound"]


@pytest.mark.parametrize("spoil, reason", [
    (lambda stage: sign(stage, revised(900), environment="production"), "signature does not hold"),
    (lambda stage: sign(stage, revised(900), maker="stranger"), "another maker"),
    (lambda stage: sign(stage, revised(1)), "is not above"),
    (lambda stage: sign(stage, revised(900)[:-4]), "are no model"),
    (lambda stage: write(stage, b"\x00" * 1000), "no signed model"),
    (lambda stage: write(stage, b"\x00" * 2_101_249), "more than 2101248 bytes"),
])
def test_a_model_that_may_not_come_in_changes_nothing(stage, spoil, reason):
    sign(stage, revised(900))
    start(stage, model_certificate=stage.folder / "maker" / "model.pem")
    before = stage.corhub("model", "status")
    done = stage.command("corhub", "model", "install", spoil(stage), "--socket", stage.socket, status=1)
    assert reason in done.stderr
    assert stage.corhub("model", "status") == before


def write(stage, data):
    path = stage.folder / "garbage"
    path.write_bytes(data)
    return path


def test_an_installed_model_that_cannot_be_checked_switches_the_analysis_off_and_runs_are_kept(stage):
    sign(stage, revised(900))
    start(stage, model_certificate=stage.folder / "maker" / "model.pem")
    stage.corhub("model", "install", sign(stage, revised(900)))
    assert stage.agent.end() == 0
    stage.write_configuration()  # the maker is not configured any more
    stage.start_agent()
    off = stage.corhub("model", "status")
    judge("model", off)
    assert (off["analysis_on"], off["in_use"]) == (False, None)
    stage.measure()
    reading = stage.await_readings(1)[0]
    assert reading["results"][0]["output"]["reasons"] == ["self-test-failed"]
    stage.corhub("reading", "analyze", "--all", status=75)
    details = [entry["detail"] for entry in stage.corhub("audit", "show", "--limit", "1000")["entries"]]
    assert any(detail.startswith("analysis is off") for detail in details)

    # Back to the program's own model; what waited is analysed with it.
    stage.corhub("model", "rollback")
    assert stage.corhub("reading", "analyze", "--all")["results"] == 1
    results = show(stage, reading)["reading"]["results"]
    assert [result["output"]["status"] for result in results] == ["no-result", "final"]


def test_too_few_results_make_no_trend_and_a_household_is_told_so(stage):
    start(stage)
    stage.measure()
    stage.measure(seed=12)
    _, first = stage.await_readings(2)
    assert not show(stage, first)["trend"]["discontinuity"]
    text = stage.command("corhub", "reading", "show", first["record_id"], "--socket", stage.socket).stdout
    assert "too few earlier results" in text
    assert "not a diagnosis" in text
