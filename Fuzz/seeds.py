"""seeds.py VECTORS CORPUS: makes a libFuzzer corpus of the vectors, see README.md."""

import hashlib
import json
import pathlib
import re
import sys

LENGTH_MAX = 4096
HEXADECIMAL = r"\s*([0-9A-Fa-f]{2}\s*)+"


def byte_strings(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from byte_strings(item)
    elif isinstance(value, str) and re.fullmatch(HEXADECIMAL, value):
        yield bytes.fromhex(value)


def main(vectors: pathlib.Path, corpus: pathlib.Path) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    for path in sorted(path for path in vectors.rglob("*") if path.is_file()):
        content = path.read_bytes()
        seeds = [content]
        if path.suffix == ".json":
            try:
                seeds += byte_strings(json.loads(content))
            except ValueError:
                pass  # A vector that is no JSON on purpose: a seed as it is.
        elif re.fullmatch(HEXADECIMAL.encode(), content):
            seeds.append(bytes.fromhex(content.decode()))
        for seed in seeds:
            if len(seed) <= LENGTH_MAX:
                (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:3]))
