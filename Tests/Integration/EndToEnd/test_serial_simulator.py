"""The virtual device's serial line, judged by a client that is not ours: smpclient."""

import asyncio
import os

import pytest
from smpclient import SMPClient
from smpclient.generics import success
from smpclient.requests.image_management import ImageStatesRead
from smpclient.requests.os_management import EchoWrite, MCUMgrParametersRead
from smpclient.transport.serial import SMPSerialTransport

from stage import Program


@pytest.fixture
def device(tmp_path):
    running = []

    def start(*options):
        tty = tmp_path / "tty"
        running.append(Program("corone-sim", "--pty", tty, "--json", *options, log=tmp_path / "device.log"))
        assert running[-1].await_event("ready")["link"] == f"serial:{tty}"
        return tty

    yield start
    for program in running:
        assert program.end() == 0


async def drive(tty, image):
    async with SMPClient(SMPSerialTransport(), str(tty)) as client:
        echo = await client.request(EchoWrite(d="hello"))
        parameters = await client.request(MCUMgrParametersRead())
        images = await client.request(ImageStatesRead())
        assert success(echo) and success(parameters) and success(images)
        offsets = [offset async for offset in client.upload(image)]
        return echo.r, (parameters.buf_size, parameters.buf_count), len(images.images), offsets[-1]


@pytest.mark.parametrize("options", [[], ["--line-fault", "noise"]])
def test_smpclient_talks_to_the_virtual_device_over_its_serial_line(device, options):
    tty = device("--buf-size", "2048", "--buf-count", "2", *options)
    image = os.urandom(20_000)
    assert asyncio.run(drive(tty, image)) == ("hello", (2048, 2), 1, len(image))


def test_the_link_to_the_pty_is_removed_at_the_end_and_replaces_no_file(tmp_path):
    tty = tmp_path / "tty"
    device = Program("corone-sim", "--pty", tty, "--json", log=tmp_path / "device.log")
    device.await_event("ready")
    assert tty.is_symlink()
    assert device.end() == 0
    assert not tty.is_symlink()
    tty.write_text("mine")
    refused = Program("corone-sim", "--pty", tty, "--json", log=tmp_path / "device.log")
    assert refused.process.wait(20) == 1
    assert tty.read_text() == "mine"
    assert "is not replaced" in (tmp_path / "device.log").read_text()
