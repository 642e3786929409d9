"""Makes a TUF repository of files, and measures first refreshes by python-tuf (PyPI) from the server of bench-tuf.

Usage: peer.py make FOLDER TARGETS, or peer.py refresh PORT ROOT FOLDER   Needs: pip install tuf==7.0.0
"""

import datetime
import json
import pathlib
import statistics
import sys
import time

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater

REFRESH_COUNT = 21
WARM_UP_COUNT = 3


def make(folder, count):
    """Ed25519 keys, a consistent snapshot, lengths and hashes of all that is listed."""
    expiry = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=1)
    root = Root(expires=expiry, consistent_snapshot=True)
    signers = {role: CryptoSigner.generate_ed25519() for role in ("root", "timestamp", "snapshot", "targets")}
    for role, signer in signers.items():
        root.add_key(signer.public_key, role)

    def publish(role, content, name):
        metadata = Metadata(content)
        metadata.sign(signers[role])
        data = metadata.to_bytes()
        (folder / name).write_bytes(data)
        return MetaFile.from_data(1, data, ["sha256"])

    targets = Targets(expires=expiry)
    for index in range(count):
        path = f"devices/corone/image-{index:05}.bin"
        targets.targets[path] = TargetFile.from_data(path, path.encode(), ["sha256"])
    snapshot = Snapshot(expires=expiry)
    snapshot.meta["targets.json"] = publish("targets", targets, "1.targets.json")
    timestamp = Timestamp(expires=expiry)
    timestamp.snapshot_meta = publish("snapshot", snapshot, "1.snapshot.json")
    publish("timestamp", timestamp, "timestamp.json")
    publish("root", root, "1.root.json")


def refresh(port, root, folder):
    trusted = root.read_bytes()
    times = []
    for index in range(WARM_UP_COUNT + REFRESH_COUNT):
        store = folder / str(index)
        store.mkdir()
        begin = time.perf_counter()
        Updater(str(store), f"http://127.0.0.1:{port}/", bootstrap=trusted).refresh()
        if index >= WARM_UP_COUNT:
            times.append((time.perf_counter() - begin) * 1e3)
    print(json.dumps({"benchmark": "tuf-refresh", "median_ms": statistics.median(times)}))


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
else:
    refresh(int(sys.argv[2]), pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4]))
