"""What the installed, running service costs, as the kernel and systemd see it. Runs in the guest."""

import json
import pathlib
import time

from hub import OUT, check, corhub, note, run, show

REST_SECONDS = 20
# Gates with 10 % slack on docs/architecture's budgets. CPU time is emulated, so it is told and not judged.
LIMITS = {"RSS": 22 * 1.1, "PSS": 20 * 1.1, "anonymous": 4 * 1.1, "wake-ups": 2 * 1.1, "exposure": 2.0}


def kibibytes(process, name):
    for line in (process / "smaps_rollup").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise AssertionError(f"smaps_rollup has no {name}")


def switches(process):
    """Voluntary context switches by thread: each is a wake-up that followed a sleep."""
    counts = {}
    for task in (process / "task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                counts[task.name] = int(line.split()[1])
    return counts


def ticks(process):
    return sum(map(int, (process / "stat").read_text().rsplit(")", 1)[1].split()[11:13]))


def written(process):
    for line in (process / "io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise AssertionError("io has no write_bytes")


def measure():
    status = corhub("status")
    check(status["sandbox"] == {"state": "in-force", "missing": []}, f"the sandbox is in force: {status['sandbox']}")
    unit = show("corhub", "ExecMainPID", "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic", "WatchdogUSec",
                "WatchdogTimestampMonotonic", "NRestarts")
    check(unit["NRestarts"] == "0", "it was never restarted")
    process = pathlib.Path("/proc") / unit["ExecMainPID"]
    slept, before = switches(process), (ticks(process), written(process))
    time.sleep(REST_SECONDS)
    after = (ticks(process), written(process))
    # A thread that ended meanwhile takes its count along.
    wakes = sum(count - slept.get(thread, 0) for thread, count in switches(process).items())
    busy, wrote = (b - a for a, b in zip(before, after))
    exposure = run("systemd-analyze", "security", "--no-pager", "corhub.service").strip().splitlines()[-1]
    found = {
        "RSS": kibibytes(process, "Rss") / 1_024, "PSS": kibibytes(process, "Pss") / 1_024,
        "anonymous": kibibytes(process, "Anonymous") / 1_024, "wake-ups": wakes / REST_SECONDS,
        "exposure": float(exposure.split(":")[1].split()[0]),
    }
    ready = (int(unit["ActiveEnterTimestampMonotonic"]) - int(unit["ExecMainStartTimestampMonotonic"])) / 1_000
    note(f"exposure {found['exposure']}, sandbox in force; RSS {found['RSS']:.1f}, PSS {found['PSS']:.1f}, "
         f"anonymous {found['anonymous']:.2f} MB; {len(list((process / 'task').iterdir()))} threads; ready {ready:.0f} ms after exec "
         f"(emulated)")
    note(f"at rest, a device on USB: {found['wake-ups']:.2f} wake-ups/s, {busy / REST_SECONDS:.2f} % of an emulated core, "
         f"{wrote} bytes written in {REST_SECONDS} s")
    # What is over its budget fails the case at its end: the rest is to be seen nevertheless.
    over = [f"{name} {found[name]:.2f} is over {limit:.2f}" for name, limit in LIMITS.items() if found[name] > limit]
    (OUT / "measures.json").write_text(json.dumps({**found, "ready_ms": ready, "over": over}))
