"""Reads every record of a device over BLE with smpclient (PyPI, Python), which needs bluetoothd: what "bench-link LINK records"
is measured beside.

Usage: smpclient_ble_peer.py ADDRESS   Needs: pip install smpclient[ble]==7.3.0
"""

import asyncio
import enum
import hashlib
import sys
import time
from typing import Any, Dict, List, Optional

from pydantic import create_model
from smp import error, message
from smpclient import SMPClient
from smpclient.generics import success
from smpclient.transport.ble import SMPBLETransport

# What one read asks for: SessionLimits.readLengthMax.
READ_LENGTH = 32768
TIMEOUT = 120


class Failure(enum.IntEnum):
    """Group 64's own error codes (firmware-specs/constants.yaml)."""

    OK = 0
    UNKNOWN = 1


class FailureV1(error.ErrorV1):
    _GROUP_ID = 64


class FailureV2(error.ErrorV2[Failure]):
    _GROUP_ID = 64


class RecordListAnswer(message.ReadResponse):
    _GROUP_ID, _COMMAND_ID = 64, 4
    records: List[Dict[str, Any]]
    more: bool


class RecordListBase(message.ReadRequest):
    _GROUP_ID, _COMMAND_ID = 64, 4
    _Response, _ErrorV1, _ErrorV2 = RecordListAnswer, FailureV1, FailureV2


# "from" is a word of the language.
RecordList = create_model("RecordList", __base__=RecordListBase, **{"from": (int, ...)})


class RecordReadAnswer(message.ReadResponse):
    _GROUP_ID, _COMMAND_ID = 64, 5
    off: int
    data: bytes
    len: int


class RecordRead(message.ReadRequest):
    _GROUP_ID, _COMMAND_ID = 64, 5
    _Response, _ErrorV1, _ErrorV2 = RecordReadAnswer, FailureV1, FailureV2
    seq: int
    off: int
    max: Optional[int] = None


async def main(address):
    async with SMPClient(SMPBLETransport(), address, timeout_s=TIMEOUT) as client:
        print("mtu", client._transport.mtu)
        listed = await client.request(RecordList(**{"from": 0}), timeout_s=TIMEOUT)
        assert success(listed), listed
        start, count = time.perf_counter(), 0
        for entry in listed.records:
            data = b""
            while len(data) < entry["size"]:
                answer = await client.request(
                    RecordRead(seq=entry["seq"], off=len(data), max=READ_LENGTH), timeout_s=TIMEOUT)
                assert success(answer), answer
                data += answer.data
            assert hashlib.sha256(data).digest() == entry["sha"], entry
            count += len(data)
        seconds = time.perf_counter() - start
        print(f"records: {len(listed.records)} of {count} bytes, {count / seconds / 1e3:.3f} KB/s")


asyncio.run(main(sys.argv[1]))
