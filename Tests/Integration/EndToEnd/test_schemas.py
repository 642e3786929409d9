"""What the commands print with --json is what docs/schemas says."""

import json

import jsonschema
import pytest
from referencing import Registry, Resource

from stage import HUB, ROOT

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "docs/schemas").glob("*.json")}
REGISTRY = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items())


def judge(name, value):
    jsonschema.Draft202012Validator(SCHEMAS[name], registry=REGISTRY).validate(value)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def test_a_value_that_a_schema_does_not_know_is_refused():
    value = {"schema": "corhub/version/1", "version": "1", "build": "00", "store_format": 1, "analysis": "a",
             "analysis_version": "1"}
    judge("version", value)
    for wrong in ({**value, "more": 1}, {**value, "version": 1}, {**value, "schema": "corhub/version/2"}, {}):
        with pytest.raises(jsonschema.ValidationError):
            judge("version", wrong)


def test_each_command_prints_what_its_schema_says(stage):
    stage.start_all()
    monitor = stage.start("corhub", "monitor", "--socket", stage.socket)
    stage.measure()
    stage.measure("clot", seed=12)
    reading = stage.await_readings(2)[0]
    stage.await_receipts()

    judge("status", stage.corhub("status"))
    judge("devices", stage.corhub("device", "list"))
    judge("device", stage.corhub("device", "show", reading["device"]))
    judge("readings", stage.corhub("reading", "list"))
    judge("reading", stage.corhub("reading", "show", reading["record_id"]))
    judge("trace", stage.corhub("reading", "trace", reading["record_id"]))
    judge("buffer", stage.corhub("buffer", "status"))
    judge("buffer-verify", stage.corhub("buffer", "verify"))
    judge("export", stage.corhub("buffer", "export", stage.folder / "export"))
    judge("audit", stage.corhub("audit", "show"))
    judge("audit-verification", stage.corhub("audit", "verify"))
    judge("audit-verification", stage.corhub("audit", "export", stage.folder / "audit.cbor"))
    judge("reading-export", stage.corhub("reading", "export", "--format", "json", "--records"))
    judge("reading-export-summary", stage.corhub(
        "reading", "export", "--format", "csv", "--out", stage.folder / "readings.csv"))
    judge("erasure", stage.corhub("reading", "erase", "--subject", "nobody", status=2))
    judge("error", stage.corhub("reading", "show", "0" * 64, status=3))
    judge("scan", json.loads(stage.command(
        "corhub", "device", "scan", "--for", "100ms", "--json", status=3).stdout))
    judge("version", json.loads(stage.command("corhub", "version", "--json").stdout))

    events = []
    while not monitor.lines.empty():
        events.append(monitor.lines.get())
    assert {"record-stored", "result", "batch-cut", "receipt-accepted"} <= {event["event"] for event in events}
    for event in events:
        judge("monitor", event)


def test_enrolment_prints_what_its_schema_says(stage):
    stage.start_device()
    stage.start_upstream()
    token = json.loads(stage.command(
        "corhub-upstream", "token", "create", HUB, "--state", stage.folder / "upstream", "--json").stdout)["token"]
    arguments = ["enroll", "--json", "--url", stage.url, "--hub", HUB, "--token", "-", "--ca",
                 stage.folder / "upstream" / "ca.pem", "--identity", stage.folder / "hub" / "identity"]
    enrolled = json.loads(stage.command("corhub", *arguments, text=token + "\n").stdout)
    judge("enrolment", enrolled)
    assert (enrolled["hub"], enrolled["environment"]) == (HUB, "test")
    identity = stage.folder / "hub" / "identity"
    judge("enrolment-status", json.loads(stage.command("corhub", "enroll", "status", "--identity", identity, "--json").stdout))
    judge("enrolment-status", json.loads(stage.command("corhub", "enroll", "renew", "--identity", identity, "--json").stdout))
    # Enrolled already: the problem has its schema too.
    judge("error", json.loads(stage.command("corhub", *arguments, text=token + "\n", status=4).stdout))
    stage.write_configuration()
    stage.start_agent()
    judge("enrolment-status", stage.corhub("enroll", "status"))


def test_analyze_and_smp_print_what_their_schemas_say(stage):
    runs = ROOT / "Tests/Fixtures/esr/sample_runs.jsonl"
    for options in ([], ["--features"], ["--explain"], ["--features", "--explain", "--minutes", "10"]):
        for line in stage.command("corhub", "analyze", runs, *options).stdout.splitlines():
            answer = json.loads(line)
            judge("analysis", answer)
            assert ("features" in answer, "explanation" in answer) == ("--features" in options, "--explain" in options)
    broken = stage.folder / "broken.jsonl"
    broken.write_text('{"index":1,"z_mm":[]}\nno json\n{"index":3,"z_mm":[0.1],"period_s":-5}\n')
    for line in stage.command("corhub", "analyze", broken, "--features", "--explain").stdout.splitlines():
        judge("analysis", json.loads(line))
    # The schema can refuse: a number without a status for it, a code that nobody gives, a member too many.
    for wrong in ({"status": "no-result"}, {"reasons": ["made-up"]}, {"more": 1}, {"esr_mm_h": 141}):
        with pytest.raises(jsonschema.ValidationError):
            judge("analysis", {**answer, "status": "final", "esr_mm_h": 9.0, "interval90": [8.0, 10.0], **wrong})

    stage.start_device()
    link = f"udp://127.0.0.1:{stage.device_port}"
    for verb in (["echo", "hello"], ["params"], ["info"], ["image", "list"], ["image", "erase"]):
        judge("smp", json.loads(stage.command("corhub", "smp", "--json", link, *verb).stdout))
    # The clock of this device was never set, and no image has this hash.
    for verb, status in ((["datetime"], 1), (["image", "test", "abcd"], 3)):
        judge("smp", json.loads(stage.command("corhub", "smp", "--json", link, *verb, status=status).stdout))
