"""What an agent may stand in: a wall clock that is wrong, a disk whose calls fail. For tests and for scripts/surroundings."""

import os
import subprocess

from stage import ROOT

YEAR = 31_556_952


def library(folder, source, *linked):
    """A library to be preloaded."""
    path = folder / f"{source.stem}.so"
    subprocess.run(
        ["cc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", path, source, *linked], check=True)
    return str(path)


class WallClock:
    """The hub's wall clock, as many seconds off as is said."""

    def __init__(self, folder):
        self.shift = folder / "shift"
        self.environment = {
            **os.environ, "LD_PRELOAD": library(folder, ROOT / "Tests/Integration/EndToEnd/wallclock.c", "-ldl"),
            "CLOCK_SHIFT": str(self.shift)}
        self.stands(0)

    def stands(self, seconds):
        self.shift.with_suffix(".new").write_text(f"{int(seconds)}\n")
        self.shift.with_suffix(".new").replace(self.shift)


class FailingCalls:
    """The store's disk, of which the Nth call fails: Tests/Crash/powercut.c."""

    def __init__(self, stage):
        self.folder = stage.folder / "hub/store"
        self.library = library(stage.folder, ROOT / "Tests/Crash/powercut.c", "-ldl", "-lpthread")

    def environment(self, mode, point, unsynced=None):
        found = {**os.environ, "LD_PRELOAD": self.library, "CRASH_FOLDER": str(self.folder), "CRASH_MODE": mode,
                 "CRASH_AT": str(point)}
        return {**found, "CRASH_CONTROL": unsynced} if unsynced else found


def begin(stage, retention="30d"):
    """A device, the upstream, and a hub that is enrolled and does not run yet."""
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration(retention=retention)


def measure_until_it_ends(stage, environment, minutes=30):
    """The ids of what the device measured while the agent ran, and the agent's exit status."""
    stage.agent = stage.start(
        "corhub", "run", "--config", stage.folder / "corhub.toml", environment=environment)
    ids, seed = [], 0
    while stage.agent.process.poll() is None and seed < 20:
        ids.append(stage.measure(seed=seed, minutes=minutes)["id"])
        seed += 1
    return ids, stage.agent.process.wait(20)
