"""tuf_seeds.py CORPUS: adds what is signed in metadata of each role to a libFuzzer corpus, see README.md."""

import json
import pathlib
import sys

COMMON = {"spec_version": "1.0.34", "version": 1, "expires": "2999-01-01T00:00:00Z"}
KEY = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "00" * 32}}
ROLE = {"keyids": ["00" * 32], "threshold": 1}
FACTS = {"version": 1, "length": 3, "hashes": {"sha256": "00" * 32, "sha512": "00" * 64}}
TARGET = {"length": 3, "hashes": {"sha256": "00" * 32}, "custom": {"model": "COR1"}}
SEEDS = [
    {"_type": "root", "consistent_snapshot": True, "keys": {"00" * 32: KEY},
     "roles": {role: ROLE for role in ("root", "timestamp", "snapshot", "targets")}},
    {"_type": "timestamp", "meta": {"snapshot.json": FACTS}},
    {"_type": "snapshot", "meta": {"targets.json": FACTS, "a.json": FACTS}},
    {"_type": "targets", "targets": {"a/b": TARGET, "\\\"": TARGET}},
    {"_type": "targets", "targets": {}, "delegations": {"keys": {"00" * 32: KEY}, "roles": [
        {**ROLE, "name": "a", "terminating": False, "paths": ["a/*", "[a-c]?"]},
        {**ROLE, "name": "b", "terminating": True, "path_hash_prefixes": ["00", "f"]}]}},
    {"_type": "targets", "targets": {}, "delegations": {"keys": {}, "succinct_roles": {
        **ROLE, "bit_length": 5, "name_prefix": "bin"}}},
]

corpus = pathlib.Path(sys.argv[1])
for index, seed in enumerate(SEEDS):
    (corpus / f"tuf-{index}").write_text(json.dumps({**COMMON, **seed}))
