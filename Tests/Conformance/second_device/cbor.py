"""CBOR (RFC 8949): deterministic in writing, strict about duplicates in reading."""

import struct

NESTING_MAX = 16


class Malformed(ValueError):
    """Bytes that are no single item, or hold a key twice."""


class Tagged:
    def __init__(self, tag, value):
        self.tag, self.value = tag, value


def _head(kind, number):
    """The shortest head: RFC 8949 section 4.2.1."""
    if number < 24:
        return bytes([kind << 5 | number])
    for more, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32), (27, ">Q", 1 << 64)):
        if number < limit:
            return bytes([kind << 5 | more]) + struct.pack(form, number)
    raise ValueError(f"{number} takes more than 64 bits")


def encode(value):
    """Integers, bytes, text, lists, maps, bool, None, Tagged; map keys ascend by their encoded bytes."""
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(sorted(encode(key) + encode(item) for key, item in value.items()))
    if isinstance(value, Tagged):
        return _head(6, value.tag) + encode(value.value)
    raise TypeError(f"no CBOR for {type(value).__name__}")


def encode_loosely(body):
    """The same map as SMP allows it as well: of indefinite length, its keys in any order."""
    return b"\xbf" + b"".join(encode(key) + encode(item) for key, item in reversed(body.items())) + b"\xff"


class _Reader:
    def __init__(self, data):
        self.data, self.place = data, 0

    def take(self, count):
        if count > len(self.data) - self.place:
            raise Malformed("truncated")
        self.place += count
        return self.data[self.place - count:self.place]

    def head(self):
        first = self.take(1)[0]
        kind, more = first >> 5, first & 31
        if more < 24:
            return kind, more, more
        if more == 31:
            return kind, more, None
        if more > 27:
            raise Malformed("reserved head")
        return kind, more, int.from_bytes(self.take(1 << more - 24), "big")

    def item(self, depth=0):
        if depth > NESTING_MAX:
            raise Malformed("nested too deeply")
        kind, more, number = self.head()
        if number is None and kind not in (2, 3, 4, 5):
            raise Malformed("indefinite length where there is none")
        if kind == 0:
            return number
        if kind == 1:
            return -1 - number
        if kind in (2, 3):
            return self.string(kind, number)
        if kind == 4:
            return [self.item(depth + 1) for _ in self.members(number)]
        if kind == 5:
            found = {}
            for _ in self.members(number):
                key = self.item(depth + 1)
                if isinstance(key, (list, dict, Tagged)) or key in found:
                    raise Malformed("a key that is there already, or is no key")
                found[key] = self.item(depth + 1)
            return found
        if kind == 6:
            return Tagged(number, self.item(depth + 1))
        if more in (20, 21, 22):
            return {20: False, 21: True, 22: None}[more]
        raise Malformed("a float, or a simple value that this profile does not have")

    def string(self, kind, length):
        if length is None:
            parts = b""
            for _ in self.members(None):
                part_kind, _, length = self.head()
                if part_kind != kind or length is None:
                    raise Malformed("a part of another kind")
                parts += self.take(length)
        else:
            parts = self.take(length)
        try:
            return bytes(parts) if kind == 2 else parts.decode()
        except UnicodeDecodeError:
            raise Malformed("text that is no UTF-8") from None

    def members(self, count):
        if count is not None:
            yield from range(count)
            return
        while self.data[self.place:self.place + 1] != b"\xff":
            yield
        self.place += 1


def decode(data):
    """One item and nothing behind it. Indefinite lengths are taken: transport.md section 1."""
    reader = _Reader(data)
    value = reader.item()
    if reader.place != len(data):
        raise Malformed("bytes behind the item")
    return value
