"""Vectors of firmware-specs/rollouts.md: places in cohorts, documents, state reports, what the gate says, by Python alone."""

import copy
import hashlib
import hmac
import json
import pathlib

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "firmware-specs/schemas"
SCHEMA_OF = {"description": "release-description.json", "release": "release.json", "rollouts": "rollouts.json"}

DESCRIPTION = {
    "format": "corhub-release/1", "model": "COR One", "version": "1.4.0+7", "hardware_revisions": ["A", "B2"],
    "security_counter": 3, "from_versions": [{"min": "1.0.0+0", "max": "1.3.65535+4294967295"}], "battery_min": 40,
    "must_pass_through": ["1.1.0+0", "1.2.0+0"]}
RELEASE = {**DESCRIPTION, "image_hash": hashlib.sha256(b"image").hexdigest()}
STAGES = [
    {"threshold": 100, "earliest": "2030-01-01T00:00:00Z", "soak_s": 86_400, "opened": "2030-01-01T08:00:00Z"},
    {"threshold": 2_500, "earliest": "2030-01-02T00:00:00Z", "soak_s": 172_800, "opened": "2030-01-02T06:00:00Z"},
    {"threshold": 10_000, "earliest": "2030-01-03T00:00:00Z", "soak_s": 0}]
ROLLOUT = {
    "id": "2030-winter", "release": "1.4.0+7", "state": "running", "stages": STAGES, "window": "maintenance",
    "consent": "automatic", "downgrade": False,
    "failure_limit": {"per_10000": 200, "attempted_min": 20, "failed_max": 50}, "expires": "2030-06-30T00:00:00Z"}
ROLLOUTS = {"format": "corhub-rollouts/1", "model": "COR One", "rollouts": [ROLLOUT]}


def place(rollout, serial):
    digest = hmac.new(rollout.encode(), serial.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") % 10_000


def changed(document, path, value):
    """A copy with one value replaced; `...` removes it."""
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return document


def documents():
    """(name, kind, document or text, reason or None, what the schema says)."""
    yield "description", "description", DESCRIPTION, None, "accepts"
    # In signed metadata a number with a fraction is none at all.
    yield "description-counter-a-float", "description", changed(DESCRIPTION, ("security_counter",), 3.5), "value-wrong", "refuses"
    yield "release", "release", RELEASE, None, "accepts"
    yield "release-over-any", "release", {**RELEASE, "from_versions": [], "must_pass_through": []}, None, "accepts"
    for name, path, value, reason, schema in [
        ("format-2", ("format",), "corhub-release/2", "format-unknown", "refuses"),
        ("unknown-member", ("only_on_sundays",), True, "member-unknown", "refuses"),
        ("image-hash-missing", ("image_hash",), ..., "member-missing", "refuses"),
        ("image-hash-in-capitals", ("image_hash",), RELEASE["image_hash"].upper(), "value-wrong", "refuses"),
        ("version-without-build", ("version",), "1.4.0", "value-wrong", "refuses"),
        ("version-with-zero-ahead", ("version",), "01.4.0+7", "value-wrong", "refuses"),
        ("version-major-256", ("version",), "256.0.0+0", "value-wrong", "accepts"),
        ("model-a-path", ("model",), "../COR One", "value-wrong", "refuses"),
        ("no-hardware", ("hardware_revisions",), [], "value-wrong", "refuses"),
        ("hardware-twice", ("hardware_revisions",), ["A", "A"], "contradiction", "refuses"),
        ("counter-a-text", ("security_counter",), "3", "value-wrong", "refuses"),
        ("counter-2-32", ("security_counter",), 2**32, "value-wrong", "refuses"),
        ("range-reversed", ("from_versions", 0, "min"), "2.0.0+0", "contradiction", "accepts"),
        ("range-unknown-member", ("from_versions", 0, "not"), "1.2.0+0", "member-unknown", "refuses"),
        ("battery-101", ("battery_min",), 101, "value-wrong", "refuses"),
        ("pass-through-falls", ("must_pass_through",), ["1.2.0+0", "1.1.0+0"], "contradiction", "accepts"),
        ("pass-through-itself", ("must_pass_through",), ["1.4.0+7"], "contradiction", "accepts"),
    ]:
        yield f"release-{name}", "release", changed(RELEASE, path, value), reason, schema
    yield "rollouts", "rollouts", ROLLOUTS, None, "accepts"
    yield "rollouts-none", "rollouts", {**ROLLOUTS, "rollouts": []}, None, "accepts"
    many = [changed(ROLLOUT, ("id",), f"r{number}") for number in range(17)]
    yield "rollouts-16", "rollouts", {**ROLLOUTS, "rollouts": many[:16]}, None, "accepts"
    yield "rollouts-17", "rollouts", {**ROLLOUTS, "rollouts": many}, "value-wrong", "refuses"
    yield "rollouts-one-id-twice", "rollouts", {**ROLLOUTS, "rollouts": [ROLLOUT, ROLLOUT]}, "contradiction", "accepts"
    yield "rollouts-a-list", "rollouts", [ROLLOUT], "value-wrong", "refuses"
    stage = ("rollouts", 0, "stages")
    for name, path, value, reason, schema in [
        ("format-2", ("format",), "corhub-rollouts/2", "format-unknown", "refuses"),
        ("unknown-member", ("rollouts", 0, "hurry"), True, "member-unknown", "refuses"),
        ("id-in-capitals", ("rollouts", 0, "id"), "Winter", "value-wrong", "refuses"),
        ("id-of-65", ("rollouts", 0, "id"), "r" * 65, "value-wrong", "refuses"),
        ("state-unknown", ("rollouts", 0, "state"), "done", "value-wrong", "refuses"),
        ("downgrade-missing", ("rollouts", 0, "downgrade"), ..., "member-missing", "refuses"),
        ("downgrade-a-number", ("rollouts", 0, "downgrade"), 1, "value-wrong", "refuses"),
        ("no-stages", stage, [], "value-wrong", "refuses"),
        ("threshold-0", (*stage, 0, "threshold"), 0, "value-wrong", "refuses"),
        ("threshold-10001", (*stage, 2, "threshold"), 10_001, "value-wrong", "refuses"),
        ("thresholds-equal", (*stage, 1, "threshold"), 100, "contradiction", "accepts"),
        ("earliest-falls", (*stage, 1, "earliest"), "2029-12-31T00:00:00Z", "contradiction", "accepts"),
        ("open-over-a-closed-one", (*stage, 0, "opened"), ..., "contradiction", "accepts"),
        ("opened-null", (*stage, 2, "opened"), None, "value-wrong", "refuses"),
        ("time-of-no-day", (*stage, 0, "earliest"), "2030-02-30T00:00:00Z", "value-wrong", "accepts"),
        ("time-with-offset", ("rollouts", 0, "expires"), "2030-06-30T00:00:00+00:00", "value-wrong", "refuses"),
        ("soak-of-91-days", (*stage, 0, "soak_s"), 91 * 86_400, "value-wrong", "refuses"),
        ("limit-missing", ("rollouts", 0, "failure_limit"), ..., "member-missing", "refuses"),
        ("limit-attempted-0", ("rollouts", 0, "failure_limit", "attempted_min"), 0, "value-wrong", "refuses"),
    ]:
        yield f"rollouts-{name}", "rollouts", changed(ROLLOUTS, path, value), reason, schema
    text = json.dumps(ROLLOUTS)
    yield "rollouts-member-twice", "rollouts", text.replace('"model"', '"model": "x", "model"', 1), "not-json", None
    yield "rollouts-truncated", "rollouts", text[:-1], "not-json", None


REPORTS = [
    ("corhub-report/1 2030-winter 1.4.0+7 confirmed none", ["2030-winter", "1.4.0+7", "confirmed", "none"]),
    ("corhub-report/1 2030-winter 1.4.0+7 reverted self-test", ["2030-winter", "1.4.0+7", "reverted", "self-test"]),
    ("corhub-report/1 r 255.255.65535+4294967295 failed x", ["r", "255.255.65535+4294967295", "failed", "x"]),
    ("corhub-report/1 r 1.0.0+0 transient battery-low", ["r", "1.0.0+0", "transient", "battery-low"]),
    ("corhub-report/1 r 1.0.0+0 cancelled withdrawn", ["r", "1.0.0+0", "cancelled", "withdrawn"]),
    ("corhub-report/2 r 1.0.0+0 confirmed none", None), ("corhub-report/1 r 1.0.0+0 confirmed", None),
    ("corhub-report/1 r 1.0.0+0 confirmed none more", None), ("corhub-report/1  r 1.0.0+0 confirmed none", None),
    ("corhub-report/1 R 1.0.0+0 confirmed none", None), ("corhub-report/1 r 1.0.0 confirmed none", None),
    ("corhub-report/1 r 1.0.0+0 happy none", None), ("corhub-report/1 r 1.0.0+0 confirmed No", None), ("", None)]


def gate(attempted, failed, limit, is_last, is_soaked):
    if failed >= limit["failed_max"]:
        return "pause", "failed-max"
    if attempted >= limit["attempted_min"] and failed * 10_000 > limit["per_10000"] * attempted:
        return "pause", "failure-rate"
    if is_last:
        return "hold", "all-open"
    if not is_soaked:
        return "hold", "soaking"
    return ("advance", "evidence-good") if attempted >= limit["attempted_min"] else ("hold", "evidence-insufficient")


def gates():
    limit = ROLLOUT["failure_limit"]
    for attempted, failed in [(0, 0), (19, 0), (19, 19), (20, 0), (20, 1), (49, 1), (50, 1), (51, 1), (1_000, 20), (1_000, 21),
                              (10_000, 49), (10_000, 50)]:
        for is_last in (False, True):
            for is_soaked in (False, True):
                verdict, reason = gate(attempted, failed, limit, is_last, is_soaked)
                yield {"attempted": attempted, "failed": failed, "is_last": is_last, "is_soaked": is_soaked,
                       "verdict": verdict, "reason": reason}


def files():
    """Name → text of vectors/rollout; each schema says what the index promises."""
    made, index = {}, []
    for name, kind, document, reason, says in documents():
        text = document if isinstance(document, str) else json.dumps(document, sort_keys=True)
        if says is not None:
            schema = json.loads((SCHEMAS / SCHEMA_OF[kind]).read_text())
            found = "accepts" if jsonschema.Draft202012Validator(schema).is_valid(document) else "refuses"
            assert found == says, f"{name}: the schema {found}"
        made[f"rollout/{name}.json"] = text + "\n"
        index.append({"file": f"{name}.json", "kind": kind, "valid": reason is None, **({"reason": reason} if reason else {}),
                      **({"schema": says} if says else {})})
    serials = ["COR1-000042", "COR1-TEST-0001", "ABCD", "Z" * 32]
    cohorts = [{"rollout": rollout, "serial": serial, "place": place(rollout, serial)}
               for rollout in ("2030-winter", "r", "a" * 64) for serial in serials]

    def rows(entries):
        return "[\n" + ",\n".join("    " + json.dumps(entry) for entry in entries) + "\n  ]"

    made["rollout/index.json"] = (
        '{\n  "vectors": ' + rows(index) + ',\n  "cohorts": ' + rows(cohorts) + ',\n  "reports": '
        + rows([{"text": text, "words": words} for text, words in REPORTS]) + ',\n  "gates": ' + rows(list(gates())) + "\n}\n")
    return made
