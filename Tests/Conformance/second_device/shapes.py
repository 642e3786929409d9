"""Requests of group 64, as cddl/group64.cddl has them."""

import re

SERIAL = re.compile(r"[A-Z0-9][A-Z0-9-]{3,31}")
HUB_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,63}")
LINK_KINDS = ("usb", "ble", "serial", "udp")
UNIX_MS_MAX = 253_402_300_799_999
UINT63_MAX = 2**63 - 1
RECORD_LENGTH_MAX = 1_048_576


class Refused(ValueError):
    """What the CDDL does not have."""


def integer(low, high):
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def octets(length):
    return lambda value: isinstance(value, bytes) and len(value) == length


def matches(pattern):
    return lambda value: isinstance(value, str) and pattern.fullmatch(value)


def one_of(*values):
    return lambda value: isinstance(value, str) and value in values


def boolean(value):
    return isinstance(value, bool)


class Shape:
    """A map with these members; a name that ends in "?" may be left out."""

    def __init__(self, members):
        self.members = {name.rstrip("?"): is_right for name, is_right in members.items()}
        self.needed = {name for name in members if not name.endswith("?")}

    def check(self, body):
        if body.keys() - self.members.keys():
            raise Refused("a key that this request does not have")
        if self.needed - body.keys():
            raise Refused("a key is missing")
        for name, value in body.items():
            if not self.members[name](value):
                raise Refused(f"{name} is out of bounds")
        return body


EMPTY = Shape({})
REQUESTS = {
    "identity-request": EMPTY,
    "attest-request": Shape({
        "nonce": octets(32), "hub": matches(HUB_ID), "link": one_of(*LINK_KINDS), "state?": boolean}),
    "clock-request": EMPTY,
    "clock-set-request": Shape({"ms": integer(0, UNIX_MS_MAX)}),
    "owner-request": EMPTY,
    "owner-change-request": Shape({"op": one_of("claim", "release"), "hub": matches(HUB_ID)}),
    "record-list-request": Shape({"from": integer(0, UINT63_MAX), "max?": integer(1, 256)}),
    "record-read-request": Shape({
        "seq": integer(1, UINT63_MAX), "off": integer(0, RECORD_LENGTH_MAX), "max?": integer(1, 65_535)}),
    "record-acknowledge-request": Shape({"upto": integer(0, UINT63_MAX), "proof?": octets(32)}),
    "live-request": Shape({"on": boolean}),
    "status-request": EMPTY,
    "identify-request": Shape({"s": integer(1, 60)}),
    "self-test-request": EMPTY,
}
