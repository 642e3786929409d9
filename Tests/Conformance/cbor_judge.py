"""Judges deterministic CBOR with cbor2.

    cbor_judge.py check           items in hexadecimal, one a line, on standard input; exit status 1 if one is wrong
    cbor_judge.py emit COUNT SEED prints COUNT random items a line each: as cbor2 writes them, and deterministic
"""

import math
import random
import struct
import sys

import cbor2

FIRST_OPAQUE_TAG = 60000


def head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    for information, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if argument < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | information]) + struct.pack(form, argument)
    raise ValueError(argument)


def shortest(value: float) -> bytes:
    """cbor2's canonical form leaves large halves, 65504.0 for one (RFC 8949 appendix A), in single precision."""
    if math.isnan(value):
        return bytes.fromhex("f97e00")
    for initial, form in ((0xF9, ">e"), (0xFA, ">f")):
        try:
            bits = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, bits)[0] == value:
            return bytes([initial]) + bits
    return b"\xfb" + struct.pack(">d", value)


def deterministic(value) -> bytes:
    """RFC 8949 section 4.2.1; cbor2's canonical form sorts keys by length first, so containers are done here."""
    if isinstance(value, float):
        return shortest(value)
    if isinstance(value, cbor2.CBORSimpleValue):  # A tuple by its base, so it goes first.
        return cbor2.dumps(value)
    if isinstance(value, cbor2.CBORTag):
        return head(6, value.tag) + deterministic(value.value)
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(deterministic, value))
    if isinstance(value, (dict, cbor2.FrozenDict)):
        entries = sorted((deterministic(key), deterministic(item)) for key, item in value.items())
        return head(5, len(entries)) + b"".join(key + item for key, item in entries)
    return cbor2.dumps(value, canonical=True)


def random_value(source: random.Random, depth: int):
    kind = source.randrange(13 if depth else 9)
    if kind <= 1:
        return source.getrandbits(source.randrange(1, 65))
    if kind == 2:
        return -1 - source.getrandbits(source.randrange(1, 65))
    if kind == 3:
        return source.randbytes(source.randrange(40))
    if kind == 4:
        return "".join(source.choice("aK0\"\\\0é\u0301水😀") for _ in range(source.randrange(30)))
    if kind == 5:
        return source.choice([True, False, None, cbor2.undefined])
    if kind == 6:
        return cbor2.CBORSimpleValue(source.choice([0, 19, 32, 255]))
    if kind == 7:
        return source.choice([0.0, -0.0, math.inf, -math.inf, math.nan, 65504.0, 65505.0, 2.0**-24, 2.0**-25])
    if kind == 8:
        return source.choice([source.gauss(0, 1), float(source.randrange(1 << 20)) / 8])
    if kind <= 10:
        return [random_value(source, depth - 1) for _ in range(source.randrange(6))]
    if kind == 11:
        keys = [source.choice([source.randrange(-300, 300), source.randbytes(2), str(source.randrange(300))])
                for _ in range(source.randrange(8))]
        return {key: random_value(source, depth - 1) for key in keys}
    return cbor2.CBORTag(source.randrange(FIRST_OPAQUE_TAG, 70000), random_value(source, depth - 1))


def check() -> int:
    count = 0
    for line in sys.stdin:
        item = bytes.fromhex(line)
        again = deterministic(cbor2.loads(item))
        if again != item:
            print(f"item {count}: {item.hex()} should be {again.hex()}", file=sys.stderr)
            return 1
        count += 1
    print(count)
    return 0


def emit(count: int, seed: int) -> int:
    source = random.Random(seed)
    for _ in range(count):
        value = random_value(source, 4)
        print(cbor2.dumps(value).hex(), deterministic(value).hex())
    return 0


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1] == "check" else emit(int(sys.argv[2]), int(sys.argv[3])))
