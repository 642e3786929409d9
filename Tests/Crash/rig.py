"""What the rigs of scripts/crash, scripts/powercut and scripts/bitflip share: the store's writer under the layer that loses
what was not synced, the look at what is left, and the sums."""

import concurrent.futures
import os
import pathlib
import shutil
import sqlite3
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_MAX = 120
# Two at a time, on however many cores: others may be working here.
WORKERS = min(2, os.cpu_count() or 1)


class Found:
    """What a look at a store came to."""

    def __init__(self):
        self.stored = set()
        self.gone = set()
        self.doubled = 0
        self.problems = []
        self.is_salvaged = False
        # The log ended within a commit, and that was said.
        self.is_unfinished = False


class Rig:
    def __init__(self, programs, folder):
        self.writer = programs / "store-writer"
        self.folder = folder
        self.library = folder / "powercut.so"
        subprocess.run(
            ["cc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", self.library, ROOT / "Tests/Crash/powercut.c",
             "-ldl", "-lpthread"], check=True)

    def write(self, store, point, mode, control=False, work="1"):
        """Runs the writer until its end. Returns the ids that it was told are stored, and how many calls it came to."""
        environment = {**os.environ, "LD_PRELOAD": str(self.library), "CRASH_FOLDER": str(store), "CRASH_MODE": mode,
                       "CRASH_AT": str(point)}
        count = pathlib.Path(f"{store}-count")
        environment["CRASH_COUNT"] = str(count)
        if control:
            environment["CRASH_CONTROL"] = "-wal"
        done = subprocess.run(
            [self.writer, store, work], env=environment, capture_output=True, text=True, timeout=SECONDS_MAX)
        # The last line may be cut off.
        lines = done.stdout.split("\n")[:-1]
        # Told only where the program ended by itself.
        calls = int(count.read_text()) if count.exists() else None
        count.unlink(missing_ok=True)
        return {line for line in lines if len(line) == 64}, calls

    def check(self, store):
        """What is stored, by the product and by SQLite itself, and what is wrong with it."""
        found = Found()
        done = subprocess.run([self.writer, store, "check"], capture_output=True, text=True, timeout=SECONDS_MAX)
        lines = done.stdout.split("\n")[:-1]
        found.problems = [line for line in lines if line.startswith("damage")]
        if done.returncode or "checked" not in lines:
            found.problems.append(f"exit status {done.returncode}: {done.stderr.strip()[-200:]}")
        ids = [line for line in lines if len(line) == 64]
        found.stored = set(ids)
        found.gone = {line.split(" ")[1] for line in lines if line.startswith(("pruned ", "erased "))}
        found.doubled = len(ids) - len(found.stored)
        found.is_salvaged = any(line.startswith("salvaged") for line in lines)
        found.is_unfinished = any(line.startswith("unfinished") for line in lines)
        if not found.problems:
            with sqlite3.connect(f"file:{store}/store.sqlite?immutable=1", uri=True) as database:
                rows = [row[0].hex() for row in database.execute("SELECT record_id FROM records WHERE payload_state = 1")]
            if sorted(rows) != sorted(ids):
                found.problems.append("SQLite and the store disagree")
        return found

    def remove(self, store):
        for name in (store, f"{store}-quarantine"):
            shutil.rmtree(name, ignore_errors=True)


class Tally:
    def __init__(self, name):
        self.name = name
        self.points = self.acknowledged = self.lost = self.doubled = self.salvaged = 0
        self.problems = []

    def add(self, point, acknowledged, found):
        self.points += 1
        self.acknowledged += len(acknowledged)
        self.lost += len(acknowledged - found.stored - found.gone)
        self.doubled += found.doubled
        self.salvaged += found.is_salvaged
        self.problems += [f"{self.name}, point {point}: {problem}" for problem in found.problems]

    def line(self):
        print(f"{self.name:52} points run {self.points:5}, acknowledged {self.acknowledged:7}, lost {self.lost:4}, "
              f"doubled {self.doubled}, salvaged {self.salvaged}, unsound {len(self.problems)}", flush=True)


def in_parallel(run, points):
    with concurrent.futures.ThreadPoolExecutor(max_workers=WORKERS) as pool:
        yield from pool.map(run, points)


def each_point(rig, name, points, mode, control=False, work="1"):
    """Disturbs a new store at each of these calls."""
    def run(point):
        store = rig.folder / f"{mode}-{work}{'-control' if control else ''}-{point}"
        acknowledged, _ = rig.write(store, point, mode, control, work)
        found = rig.check(store)
        rig.remove(store)
        return point, acknowledged, found

    tally = Tally(name)
    for point, acknowledged, found in in_parallel(run, points):
        tally.add(point, acknowledged, found)
    tally.line()
    return tally


def every_call(rig, name, mode, work, origin=None, acknowledged=frozenset(), stride=1):
    """Disturbs each call that the work makes, on copies of `origin` or on a new store: as many as there are."""
    counted = rig.folder / f"counted-{work}-{mode}"
    if origin:
        shutil.copytree(origin, counted)
    _, calls = rig.write(counted, 0, mode, work=work)
    rig.remove(counted)
    if calls is None:
        raise SystemExit(f"{name}: {work} does not end by itself")

    def run(point):
        store = rig.folder / f"{origin.name if origin else 'new'}-{work}-{mode}-{point}"
        if origin:
            shutil.copytree(origin, store)
        told, _ = rig.write(store, point, mode, work=work)
        found = rig.check(store)
        rig.remove(store)
        return point, acknowledged | told, found

    tally = Tally(name)
    for point, known, found in in_parallel(run, range(1, calls + 1, stride)):
        # A look is no work: what it prints is what it found, not what it promised.
        tally.add(point, acknowledged if work == "check" else known, found)
    tally.line()
    return tally


def conclude(tallies, control, told=None):
    """Prints the sums, and gives the exit status. `control` is what the least of the controls lost, `told` what all did."""
    problems = [problem for tally in tallies for problem in tally.problems]
    for problem in problems[:20]:
        print(problem)
    lost = sum(tally.lost for tally in tallies)
    doubled = sum(tally.doubled for tally in tallies)
    print(f"points run {sum(t.points for t in tallies)}, acknowledged {sum(t.acknowledged for t in tallies)}, "
          f"lost {lost}, doubled {doubled}, control lost {control if told is None else told}")
    if not control:
        print("the control lost nothing: this rig cannot find a loss")
    return 0 if not lost and not doubled and not problems and control else 1
