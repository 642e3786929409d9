"""Judges readers of TZif files by Python's zoneinfo: prints, for each zone of this system, moments and their offsets.

One JSON line a zone: {"zone", "path", "samples": [[seconds since 1970, seconds east of UTC], …]}. Moments are those around each
transition of the file, around the changes that its footer rules from 2038 to 2060, and random ones from 1875 to 2150.
"""

import datetime
import json
import os
import pathlib
import random
import struct
import sys
import zoneinfo

FOLDER = pathlib.Path("/usr/share/zoneinfo")


def transitions(data):
    """Those of the 64-bit part; RFC 9636, section 3."""
    def counts(at):
        return struct.unpack_from(">6l", data, at + 20)

    utc, std, leap, time, kind, char = counts(0)
    if data[4:5] < b"2":
        return struct.unpack_from(f">{time}l", data, 44)
    at = 44 + time * 5 + kind * 6 + char + leap * 8 + std + utc
    return struct.unpack_from(f">{counts(at)[3]}q", data, at + 44)


def main():
    chance = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    count = 0
    for path in sorted(FOLDER.rglob("*")):
        name = str(path.relative_to(FOLDER))
        # Leap seconds are refused on purpose; "posix" is all of it once more.
        if not path.is_file() or name.startswith(("right/", "posix/")):
            continue
        data = path.read_bytes()
        if data[:4] != b"TZif":
            continue
        with open(path, "rb") as file:
            zone = zoneinfo.ZoneInfo.from_file(file)

        def offset(seconds):
            moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC).astimezone(zone)
            return int(moment.utcoffset().total_seconds())

        moments = [t + d for t in transitions(data) if -2_990_000_000 < t < 5_600_000_000 for d in (-1, 0, 1)]
        moments += [chance.randrange(-2_990_000_000, 5_680_000_000) for _ in range(100)]
        step = 10 * 86_400
        for begin in range(2_145_916_800, 2_840_140_800, step):
            if offset(begin) == offset(begin + step):
                continue
            low, high = begin, begin + step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(begin) else (low, middle)
            moments += [low, high]
        print(json.dumps({"zone": name, "path": str(path), "samples": [[t, offset(t)] for t in moments]}))
        count += 1
    if not count:
        sys.exit("there is no zone in /usr/share/zoneinfo: tzdata is not installed")


if __name__ == "__main__":
    main()
