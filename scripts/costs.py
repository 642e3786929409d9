"""What a running agent costs, as the kernel counts it, and the budgets for it: one table for scripts/size and the lab."""

import pathlib
import time
from typing import NamedTuple

# How far something may be above its budget before a gate closes.
SLACK = 1.1
REST_SECONDS = 20


class Budget(NamedTuple):
    """`limit` is a bound in `unit`, told with so many `digits`."""

    name: str
    unit: str
    limit: float
    digits: int

    def text(self, value):
        return f"{value:.{self.digits}f} {self.unit}".strip()

    def is_kept(self, value):
        return round(value, self.digits) <= self.limit

    def is_within_slack(self, value):
        return value <= self.limit * SLACK


# MB of the program are 10⁶ bytes, of memory 2²⁰. At rest: everything is read and sent, a device and an upstream are connected.
BUDGETS = (
    Budget("program", "MB", 27, 1),
    Budget("strings of ICU", "", 0, 0),
    Budget("RSS", "MB", 22, 1),
    Budget("PSS", "MB", 20, 1),
    Budget("anonymous", "MB", 4, 2),
    Budget("threads", "", 10, 0),
    Budget("ready", "ms", 25, 1),
    Budget("processor at rest", "%", 0.1, 3),
    Budget("wake-ups at rest", "/s", 2, 2),
    Budget("written at rest", "kB/min", 64, 0),
)


def over_budget(found, budgets=BUDGETS):
    """One sentence for each value of `found` that is above its budget by more than the slack."""
    return [f"{budget.name} {budget.text(found[budget.name])} is over {budget.text(budget.limit * SLACK)}"
            for budget in budgets if budget.name in found and not budget.is_within_slack(found[budget.name])]


def table(found, budgets=BUDGETS):
    """Lines: each value beside its budget. OVER is what closes the gate, "above" what the slack covers."""
    yield f"{'':20}{'measured':>12}{'budget':>12}"
    for budget in budgets:
        if budget.name in found:
            value = found[budget.name]
            verdict = "OK" if budget.is_kept(value) else "above" if budget.is_within_slack(value) else "OVER"
            yield f"{budget.name:20}{budget.text(value):>12}{budget.text(budget.limit):>12}  {verdict}"


def held(process):
    """Memory and threads of the process whose folder in /proc this is."""
    rollup = numbers(process / "smaps_rollup")
    # Kibibytes, as everybody who reads budgets of memory means them.
    return {"RSS": rollup["Rss"] / 1_024, "PSS": rollup["Pss"] / 1_024, "anonymous": rollup["Anonymous"] / 1_024,
            "threads": len(list((process / "task").iterdir()))}


def at_rest(process, seconds=REST_SECONDS):
    """What the process does in so many seconds in which nothing happens."""
    ran, slept, wrote = busy(process), switches(process), written(process)
    begin = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - begin
    return {"processor at rest": grown(ran, busy(process)) / 1e9 / passed * 100,
            "wake-ups at rest": grown(slept, switches(process)) / passed,
            "written at rest": (written(process) - wrote) / 1_000 * 60 / passed}


def grown(before, after):
    """By how much counts of threads have grown together. A thread that ended meanwhile takes its count along."""
    return sum(count - before.get(thread, 0) for thread, count in after.items())


def busy(process):
    """Nanoseconds by thread that it has run: proc(5) has clock ticks of 10 ms only, the scheduler's own account all of it."""
    return {task.name: int((task / "schedstat").read_text().split()[0]) for task in (process / "task").iterdir()}


def switches(process):
    """Voluntary context switches by thread: each is a wake-up that followed a sleep."""
    return {task.name: numbers(task / "status")["voluntary_ctxt_switches"] for task in (process / "task").iterdir()}


def written(process):
    """Bytes that it has let write to disks."""
    return numbers(process / "io")["write_bytes"]


def numbers(path):
    """The lines 'Name:  number …' of a file in /proc."""
    found = {}
    for line in pathlib.Path(path).read_text().splitlines():
        name, _, rest = line.partition(":")
        if rest.split() and rest.split()[0].isdigit():
            found[name] = int(rest.split()[0])
    return found
