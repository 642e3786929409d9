"""Inside of a machine: store-writer writes to a disk whose requests the kernel logs (dm-log-writes), then the disk is made anew as
a flush left it, at many of them, and looked at.

usage: flushes.py PROGRAMS POINTS SECONDS LIBRARY

dm-log-writes puts a write into its log only once a later flush has come back, or the write itself went through the cache: what the log
holds up to some request is what the disk guarantees at that moment, and nothing else. Each few acknowledgements a mark is
written into the log; whatever was acknowledged before a mark has to be on the disk that the log leaves there. Prints a line of JSON
for each point of the writer and of its control, which skips syncs of the store's log.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import disk_log  # noqa: E402

DISK, LOG, NAME = "/dev/vda", "/dev/vdb", "logged"
MARK_EACH = 4
IMAGE = "/tmp/point.img"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **options).stdout


def write(writer, seconds, library):
    """Writes to a store for a while; returns the ids that were told, in their order."""
    sectors = run("blockdev", "--getsz", DISK).strip()
    run("dmsetup", "create", "--noudevsync", "--noudevrules", NAME, "--table", f"0 {sectors} log-writes {DISK} {LOG}")
    run("mount", "-t", "ext4", "/dev/dm-0", "/mnt")
    environment = {**os.environ, **({} if library is None else {
        "LD_PRELOAD": library, "CRASH_MODE": "none", "CRASH_CONTROL": "-wal", "CRASH_AT": "0", "CRASH_FOLDER": "/mnt"})}
    process = subprocess.Popen([writer, "/mnt/store", "1"], stdout=subprocess.PIPE, text=True, env=environment)
    told, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        line = process.stdout.readline().strip()
        if len(line) != 64:
            continue
        told.append(line)
        if len(told) % MARK_EACH == 0:
            run("dmsetup", "message", NAME, "0", "mark", str(len(told)))
    process.kill()
    process.wait()
    run("umount", "/mnt")
    run("dmsetup", "remove", "--noudevsync", NAME)
    return told


def look(writer, image, told):
    """What a store on this disk holds, as JSON says it."""
    pathlib.Path(IMAGE).write_bytes(image)
    run("mount", "-o", "loop", "-t", "ext4", IMAGE, "/mnt")
    try:
        if not pathlib.Path("/mnt/store").exists():
            return {"told": len(told), "lost": len(told), "doubled": 0, "problems": []}
        done = subprocess.run([writer, "/mnt/store", "check"], capture_output=True, text=True, timeout=120)
        lines = done.stdout.split("\n")
        ids = [line for line in lines if len(line) == 64]
        problems = [line for line in lines if line.startswith("damage")]
        if done.returncode or "checked" not in lines:
            problems.append(f"exit status {done.returncode}: {done.stderr.strip()[-200:]}")
        return {"told": len(told), "lost": len(set(told) - set(ids)), "doubled": len(ids) - len(set(ids)),
                "salvaged": any(line.startswith("salvaged") for line in lines), "problems": problems}
    finally:
        run("umount", "/mnt")


def points(count):
    """So many of the log's flushes and marks, evenly: the number of its request, and how many ids were told by then."""
    found, told = [], 0
    for number, (flags, _, data) in enumerate(disk_log.entries(LOG)):
        if flags & disk_log.MARK:
            text = data.decode(errors="replace")
            told = int(text) if text.isdecimal() else told
        if told and flags & (disk_log.FLUSH | disk_log.MARK):
            found.append((number, told))
    return dict(found[::max(1, len(found) // count)][:count])


def main():
    writer, count, seconds, library = f"{sys.argv[1]}/store-writer", int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    base = pathlib.Path(DISK).read_bytes()
    for kind in ("writer", "control"):
        pathlib.Path(DISK).write_bytes(base)
        told = write(writer, seconds, library if kind == "control" else None)
        chosen = points(count)
        image = bytearray(base)
        for number, (flags, offset, data) in enumerate(disk_log.entries(LOG)):
            if not flags & disk_log.MARK:
                image[offset:offset + len(data)] = data
            if number in chosen:
                print(json.dumps({"kind": kind, "request": number, **look(writer, image, told[:chosen[number]])}), flush=True)


if __name__ == "__main__":
    main()
