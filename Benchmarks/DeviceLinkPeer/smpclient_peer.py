"""The figures of bench-link from smpclient (PyPI, Python), against the same device on a serial line.

Usage: smpclient_peer.py TTY   Needs: pip install smpclient[serial]==7.3.0
"""

import asyncio
import statistics
import sys
import time

from smpclient import SMPClient
from smpclient.generics import success
from smpclient.requests.os_management import EchoWrite
from smpclient.transport.serial import SMPSerialTransport

IMAGE_LENGTH = 512 * 1024
# It is slow enough for fewer rounds to say as much.
UPLOAD_COUNT = 3
ECHO_COUNT = 101


async def main(tty):
    async with SMPClient(SMPSerialTransport(), tty) as client:
        echoes = []
        for _ in range(ECHO_COUNT):
            start = time.perf_counter()
            assert success(await client.request(EchoWrite(d="0123456789")))
            echoes.append((time.perf_counter() - start) * 1e6)
        print(f"echo, median of {ECHO_COUNT}: {statistics.median(echoes):.1f} µs")

        rates = []
        for round in range(UPLOAD_COUNT):
            # Differs from all before, so that none resumes.
            image = bytes((i * 31 + (i >> 8) + round + 201) & 0xFF for i in range(IMAGE_LENGTH))
            start = time.perf_counter()
            async for _ in client.upload(image):
                pass
            rates.append(IMAGE_LENGTH / (time.perf_counter() - start) / 1e6)
        print(f"upload of {IMAGE_LENGTH} bytes, median of {UPLOAD_COUNT}: {statistics.median(rates):.2f} MB/s")


asyncio.run(main(sys.argv[1]))
