"""Reads a log of QEMU's blklogwrites or of the kernel's dm-log-writes, which have one format, and makes the disk that it leaves.

Documentation/admin-guide/device-mapper/log-writes.rst: a superblock {magic, version, entries, sector size}, then for each
request a sector {sector, sectors, flags, data length} and its data.
"""

import struct

MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


def entries(path):
    """(flags, offset, data) of each whole request, in their order; a mark's data is its text."""
    with open(path, "rb") as log:
        magic, version, count, sector = struct.unpack("<QQQI", log.read(28))
        if magic != MAGIC or version != 1:
            raise ValueError(f"{path} is no log of writes")
        at = sector
        for _ in range(count):
            log.seek(at)
            head = log.read(32)
            first, sectors, flags, mark_length = struct.unpack("<QQQQ", head)
            if flags & MARK:
                yield flags, 0, log.read(mark_length)
                at += sector
                continue
            length = 0 if flags & DISCARD else sectors * sector
            data = log.read(0) if not length else (log.seek(at + sector), log.read(length))[1]
            if len(data) < length:
                return
            yield flags, first * sector, data
            at += sector + length


def leave(image, log, survives):
    """Writes into `image` what a disk with a volatile cache keeps: all before the last flush; of what came later, what
    `survives()` says, and what was written through. Returns how many writes were lost."""
    requests = list(entries(log))
    last = max((index for index, (flags, _, _) in enumerate(requests) if flags & FLUSH), default=-1)
    lost = 0
    with open(image, "r+b") as disk:
        for index, (flags, offset, data) in enumerate(requests):
            if not data:
                continue
            if index > last and not flags & FUA and not survives():
                lost += 1
                continue
            disk.seek(offset)
            disk.write(data)
    return lost, sum(1 for flags, _, _ in requests if flags & FLUSH)
