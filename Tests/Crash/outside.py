"""A look at hub and upstream from outside, and an upstream that forgets: what the rigs with real programs share."""

import json
import shutil

from rig import Found


def look(stage):
    """What is upstream, and what is wrong, seen from outside."""
    found = Found()
    listed = stage.operator("/v1/readings?limit=1000")["readings"]
    ids = [reading["record_id"] for reading in listed]
    found.stored, found.doubled = set(ids), len(ids) - len(set(ids))
    alarms = stage.operator("/v1/alarms")["alarms"]
    found.problems = [f"alarm: {json.dumps(alarm)[:200]}" for alarm in alarms]
    gaps = stage.operator("/v1/gaps?limit=1000")["gaps"]
    found.problems += [f"gap: {json.dumps(gap)[:200]}" for gap in gaps]
    for command in ("buffer", "audit"):
        answer = stage.corhub(command, "verify")
        if answer["sound"] is not True:
            found.problems.append(f"{command} verify: {json.dumps(answer)[:200]}")
    return found


def forget(stage, copy):
    """Puts the upstream's tables back to what they were."""
    stage.upstream.end()
    for path in copy.iterdir():
        shutil.copy(path, stage.folder / "upstream" / path.name)
    for path in (stage.folder / "upstream").glob("ledger.sqlite-*"):
        if not (copy / path.name).exists():
            path.unlink()
    stage.start_upstream()


def remember(stage, copy):
    """Keeps the upstream's tables for `forget`."""
    stage.upstream.end()
    copy.mkdir()
    for path in (stage.folder / "upstream").glob("ledger.sqlite*"):
        shutil.copy(path, copy / path.name)
    stage.start_upstream()


def there(stage):
    """What is upstream, without a judgement."""
    found = Found()
    found.stored = {reading["record_id"] for reading in stage.operator("/v1/readings?limit=1000")["readings"]}
    return found
