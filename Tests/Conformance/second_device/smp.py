"""SMP messages: transport.md section 1, and the numbers of MCUmgr that it stands on."""

import dataclasses
import struct

from . import cbor

READ, READ_RESPONSE, WRITE, WRITE_RESPONSE = range(4)
HEADER_LENGTH = 8
OS, IMAGE, COR = 0, 1, 64

# MCUmgr's return codes, as far as this device has use for them.
EUNKNOWN, EINVAL, EBADSTATE, EMSGSIZE, ENOTSUP, EBUSY = 1, 3, 6, 7, 8, 10
# To version 1, MCUmgr says in these what the codes of its image group say: those that this device has.
IMAGE_CODES_IN_VERSION_1 = {9: EBADSTATE, 14: EINVAL, 21: EINVAL, 24: EINVAL, 28: EBADSTATE}


class SMPError(Exception):
    """An error of SMP itself: {"rc": n} in both versions."""

    def __init__(self, code):
        super().__init__(f"SMP {code}")
        self.code = code


class GroupError(Exception):
    """An error of one group: named with its group in version 2."""

    def __init__(self, group, code):
        super().__init__(f"group {group}: {code}")
        self.group, self.code = group, code


@dataclasses.dataclass(frozen=True)
class Message:
    version: int
    operation: int
    group: int
    sequence: int
    command: int
    payload: bytes

    @classmethod
    def parse(cls, datagram):
        """None for what has no whole header, or another length than its header says."""
        if len(datagram) < HEADER_LENGTH:
            return None
        first, flags, length, group, sequence, command = struct.unpack_from(">BBHHBB", datagram)
        if first >> 5 or length != len(datagram) - HEADER_LENGTH:
            return None
        return cls(first >> 3 & 3, first & 7, group, sequence, command, datagram[HEADER_LENGTH:])

    def data(self):
        return struct.pack(
            ">BBHHBB", self.version << 3 | self.operation, 0, len(self.payload), self.group, self.sequence,
            self.command) + self.payload

    def body(self):
        """The map of a request; an empty payload is an empty map."""
        value = cbor.decode(self.payload) if self.payload else {}
        if not isinstance(value, dict):
            raise cbor.Malformed("no map")
        return value

    def response(self, body, encode=cbor.encode):
        return dataclasses.replace(self, operation=self.operation | 1, payload=encode(body))

    def error(self, error):
        if isinstance(error, SMPError):
            return self.response({"rc": error.code})
        if self.version == 0:
            is_of_image = error.group == IMAGE
            return self.response({"rc": IMAGE_CODES_IN_VERSION_1.get(error.code, EUNKNOWN) if is_of_image else error.code})
        return self.response({"err": {"group": error.group, "rc": error.code}})
