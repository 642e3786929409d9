#!/usr/bin/env python3
"""Holds verify_export.py to its word: a sound export passes, and each way to spoil it is reported.

usage: verify_export_selftest.py

Prints one line a way that went unnoticed and a count; exits 0 if there was none, else 1.
"""

import contextlib
import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[2] / "scripts")]

from vectors import messages as m  # noqa: E402
from vectors.messages import changed  # noqa: E402
from vectors.signing import DEVICE_CA, LOG, UPSTREAM_CA, inclusion, sha256  # noqa: E402
from verify_export import Export  # noqa: E402

EPOCH = m.EPOCH.hex()


def write(folder, batches, receipts=None):
    """An export of these signed batches, each with an accepting receipt unless others are given."""
    folder = pathlib.Path(folder)
    for kind in ("batches", "receipts"):
        (folder / kind / EPOCH).mkdir(parents=True)
    (folder / "anchors").mkdir()
    (folder / "export.json").write_text(json.dumps({"hub": m.HUB_ID, "environment": m.ENVIRONMENT}))
    for name, party in (("device-ca", DEVICE_CA), ("upstream-ca", UPSTREAM_CA), ("receipt", LOG)):
        (folder / f"anchors/{name}.pem").write_text(party.pem)
    for index, batch in enumerate(batches):
        (folder / f"batches/{EPOCH}/{index + 1}.cose").write_bytes(batch)
    for index, receipt in enumerate(receipts if receipts is not None else accept(batches)):
        (folder / f"receipts/{EPOCH}/{index + 1}.cose").write_bytes(receipt)
    return folder


def receipt_contents(batches):
    hashes = [sha256(batch) for batch in batches]
    return [
        {**m.ACCEPTED, 4: index + 1, 5: digest, 7: inclusion(hashes, index), 11: index + 2}
        for index, digest in enumerate(hashes)]


def accept(batches):
    return [m.receipt(content) for content in receipt_contents(batches)]


def spoiled():
    """(name, batches, receipts) with one thing wrong each."""
    first, full = m.batch(m.EMPTY_BATCH), m.FULL_BATCH
    good = [first, m.batch(full)]

    def second(path, value, context=m.BATCH, with_root=True):
        content = changed(full, path, value)
        return [first, m.batch(m.with_root(content) if with_root else content, context)]

    yield "the hub's signature", [first, good[1][:-1] + bytes([good[1][-1] ^ 1])], None
    yield "another environment", [first, m.batch(full, ["corhub-batch-v1", "production"])], None
    yield "the order of the batches", good[::-1], None
    yield "previous hash", second((5,), sha256(b"another")), None
    yield "hub id", second((2,), "hub-0000"), None
    yield "Merkle root", second((12, 1), bytes(32), with_root=False), None
    yield "an item after the root was made", second((6, 0, 9), True, with_root=False), None
    yield "result id", second((8, 0, 1), bytes(32)), None
    yield "record id", second((6, 0, 1), bytes(32)), None
    yield "the device's signature", second((6, 0, 4), m.record(m.RUN_PAYLOAD, context=m.ATTESTATION)), None
    yield "the record of another sequence", second((6, 0, 3), 18), None
    yield "a hole in the device's sequences", second((7, 0, 3), 15), None
    yield "audit entry", second((11, 1, 8), "18"), None
    yield "audit entry left out", second((11,), [m.FIRST_ENTRY, m.audit_entry(3, m.SECOND_ENTRY[9], "stop")]), None
    for name, key, value in (
            ("receipt for another batch", 5, bytes(32)), ("log id", 6, bytes(32)), ("next sequence", 11, 2),
            ("receipt for another hub", 2, "hub-0000"), ("inclusion of another batch", 7, inclusion(m.LEAVES, 3)),
            ("status", 9, 4)):
        contents = receipt_contents(good)
        contents[1][key] = value
        yield name, good, [m.receipt(content) for content in contents]
    yield "the receipt's environment", good, [
        m.receipt(content, ["corhub-receipt-v1", "production"]) for content in receipt_contents(good)]


def failures(batches, receipts):
    with tempfile.TemporaryDirectory() as folder:
        export = Export(write(pathlib.Path(folder) / "export", batches, receipts))
        with contextlib.redirect_stdout(None):
            export.verify()
        return export.failures


def main():
    unnoticed = []
    if found := failures([m.batch(m.EMPTY_BATCH), m.batch(m.FULL_BATCH)], None):
        unnoticed.append(f"a sound export was refused: {found}")
    count = 1
    for name, batches, receipts in spoiled():
        count += 1
        if not failures(batches, receipts):
            unnoticed.append(f"unnoticed: {name}")
    print("\n".join([*unnoticed, f"{count} exports, {len(unnoticed)} misjudged"]))
    sys.exit(1 if unnoticed else 0)


main()
