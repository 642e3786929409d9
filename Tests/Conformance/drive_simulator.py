#!/usr/bin/env python3
"""Drives an SMP server on UDP with smpclient and smpmgr, and prints what they say as one JSON object.

usage: drive_simulator.py ADDRESS IMAGE HASH

ADDRESS is listened on at port 1337, the only one that smpmgr knows. IMAGE is uploaded; HASH is its hash TLV in
hexadecimal, by which it is marked for test.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from smpclient import SMPClient
from smpclient.generics import error, success
from smpclient.requests.image_management import ImageStatesRead, ImageStatesWrite
from smpclient.requests.os_management import EchoWrite, MCUMgrParametersRead, OSApplicationInfoRead
from smpclient.transport.udp import SMPUDPTransport


def checked(response):
    """The response, if it is one of success."""
    if error(response):
        raise SystemExit(f"the server refused: {response}")
    if not success(response):
        raise SystemExit(f"neither success nor an error: {response}")
    return response


def slots(response):
    return [
        {
            "slot": image.slot,
            "version": image.version,
            "hash": bytes(image.hash).hex(),
            "active": bool(image.active),
            "pending": bool(image.pending),
        }
        for image in checked(response).images
    ]


async def drive_smpclient(address: str, image: bytes, image_hash: bytes) -> dict:
    async with SMPClient(SMPUDPTransport(), address) as client:
        echo = checked(await client.request(EchoWrite(d="hello")))
        parameters = checked(await client.request(MCUMgrParametersRead()))
        application = checked(await client.request(OSApplicationInfoRead()))
        before = slots(await client.request(ImageStatesRead()))
        offsets = [offset async for offset in client.upload(image)]
        after = slots(await client.request(ImageStatesRead()))
        marked = slots(await client.request(ImageStatesWrite(hash=image_hash)))
        refused = await client.request(ImageStatesWrite(hash=bytes(32)))
        return {
            "echo": echo.r,
            "buf_size": parameters.buf_size,
            "buf_count": parameters.buf_count,
            "application": application.output,
            "before": before,
            "uploaded": offsets[-1],
            "after": after,
            "marked": marked,
            "refused": error(refused),
        }


def drive_smpmgr(address: str) -> dict:
    """Runs the command line tool; what it prints is for people, so it is only searched."""
    tool = Path(sys.executable).with_name("smpmgr")

    def run(*arguments: str) -> str:
        command = [str(tool), "--ip", address, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout

    return {
        "echo": "r='ahoy'" in run("os", "echo", "ahoy"),
        "state": "pending=True" in run("image", "state-read"),
    }


def main() -> None:
    address, image, image_hash = sys.argv[1:]
    result = {
        "smpclient": asyncio.run(drive_smpclient(address, Path(image).read_bytes(), bytes.fromhex(image_hash))),
        "smpmgr": drive_smpmgr(address),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
