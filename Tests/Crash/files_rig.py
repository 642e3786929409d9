"""Small files under the layer that loses what was not synced: file-writer, disturbed at each of its calls."""

import os
import subprocess

from rig import SECONDS_MAX, Tally, in_parallel

# What a sync of new files that is left out leaves.
CONTROL = ".new"


class Written:
    """What a look at the folder came to, in the words of a tally."""

    def __init__(self):
        self.stored, self.gone, self.problems = set(), set(), []
        self.doubled, self.is_salvaged = 0, False


def content(number):
    return b"%d " % number + bytes([ord("a") + number % 26]) * (number * 997)


def written(rig, folder, point, mode, control=False):
    """Runs the writer. Returns the newest number of each file that it was told is durable (None: away), and its calls."""
    count = rig.folder / f"{folder.name}-count"
    environment = {**os.environ, "LD_PRELOAD": str(rig.library), "CRASH_FOLDER": str(folder), "CRASH_MODE": mode,
                   "CRASH_AT": str(point), "CRASH_COUNT": str(count), **({"CRASH_CONTROL": CONTROL} if control else {})}
    done = subprocess.run(
        [rig.writer.parent / "file-writer", folder], env=environment, capture_output=True, text=True, timeout=SECONDS_MAX)
    told = {}
    for line in done.stdout.split("\n")[:-1]:
        name, _, number = line.partition(" ")
        if number == "gone" or number.isdigit():
            told[name] = None if number == "gone" else int(number)
    calls = int(count.read_text()) if count.exists() else None
    count.unlink(missing_ok=True)
    return told, calls


def look(folder, told):
    """Every file is whole, and of the number that was told or the next one."""
    found = Written()
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    for name in sorted(names):
        if name.startswith("."):
            continue  # Not yet under its name: nobody reads it.
        text = (folder / name).read_bytes()
        digits = text.partition(b" ")[0]
        if not digits.isdigit() or text != content(int(digits)):
            found.problems.append(f"{name} is not whole")
        elif name in told and told[name] is not None and told[name] <= int(digits) <= told[name] + 1:
            found.stored.add(name)
    # Its removal may be durable before it is told.
    found.gone = {name for name, number in told.items() if number is None and name not in names}
    found.gone |= {name for name in told if name.startswith("made-") and name not in names and told_later(name, told)}
    return found


def told_later(name, told):
    """Whether the writer had begun to take this file away: it does behind the fourth after it."""
    return f"made-{int(name.removeprefix('made-')) + 4}" in told


def each_file_call(rig, mode, control=False, stride=1):
    """Disturbs each call of file-writer, as many as there are."""
    counted = rig.folder / "files-counted"
    _, calls = written(rig, counted, 0, mode)
    rig.remove(counted)
    if calls is None:
        raise SystemExit(f"{mode} in small files: file-writer does not end by itself")

    def run(point):
        folder = rig.folder / f"files-{mode}{'-control' if control else ''}-{point}"
        told, _ = written(rig, folder, point, mode, control)
        found = look(folder, told)
        rig.remove(folder)
        return point, set(told), found

    tally = Tally("control: new files are not synced" if control else f"{mode} in small files")
    for point, told, found in in_parallel(run, range(1, calls + 1, stride)):
        if control:
            found.problems = []  # Bytes that are not there are what it is to lose.
        tally.add(point, told, found)
    tally.line()
    return tally
