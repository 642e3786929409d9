"""One device, two links: the better one is used, the other is hidden, and takes over in the middle of a read."""

import subprocess
import time

import pytest

from stage import PROGRAMS


@pytest.fixture
def start(stage):
    """Starts a device with a serial line and a UDP socket, and all the rest."""

    def start(*options, devices=""):
        stage.tty = stage.folder / "tty"
        # Small buffers, so that a record is read in many pieces.
        stage.start_device("--pty", stage.tty, "--buf-size", "1024", *options)
        stage.serial = f"serial:{stage.tty}"
        stage.udp = f"udp://127.0.0.1:{stage.device_port}"
        stage.start_upstream()
        stage.enrol()
        stage.write_configuration(links=[stage.serial, stage.udp], devices=devices)
        stage.start_agent()
        return stage

    return start


def states(stage):
    return {link["address"]: link["state"] for link in stage.corhub("device", "list")["links"]}


def await_states(stage):
    wanted = {stage.serial: "connected", stage.udp: "hidden"}
    stage.eventually(lambda: states(stage) == wanted, f"{wanted}")


def test_of_two_links_to_one_device_the_serial_line_is_used_and_udp_is_hidden(start):
    stage = start()
    await_states(stage)
    devices = stage.corhub("device", "list")["devices"]
    assert [device["connection"]["link"] for device in devices] == ["serial"]
    shown = stage.corhub("device", "show", devices[0]["serial"])
    assert [link["state"] for link in shown["links"]] == ["connected", "hidden"]


def test_a_line_that_is_lost_in_the_middle_of_a_read_falls_over_and_the_read_goes_on_by_offset(start):
    stage = start()
    await_states(stage)
    monitor = stage.start("corhub", "monitor", "--socket", stage.socket)
    time.sleep(0.5)
    # Slow enough that the line is still being read when it is lost.
    stage.device.say({"do": "fault", "name": "slow-answer", "n": 100})
    closed = stage.measure(minutes=60)
    # Status, list and some of the record's pieces of about 1,400 bytes each, framing included.
    stage.device.say({"do": "line-fault", "name": "disconnect", "n": 3_000})
    pieces = []
    deadline = time.monotonic() + 40
    while True:
        event = monitor.lines.get(timeout=max(0.01, deadline - time.monotonic()))
        if event.get("event") in ("record-reading", "device-gone", "device-connected", "record-stored"):
            pieces.append(event)
        if event.get("event") == "record-stored":
            break
    gone = next(index for index, event in enumerate(pieces) if event["event"] == "device-gone")
    assert pieces[gone]["address"] == stage.serial
    before = [event["offset"] for event in pieces[:gone] if event["event"] == "record-reading"]
    after = [event["offset"] for event in pieces[gone:] if event["event"] == "record-reading"]
    assert before and before[-1] > 0
    # What came over the line is not read again.
    assert after[0] > before[-1], pieces
    connected = next(event for event in pieces[gone:] if event["event"] == "device-connected")
    assert connected["address"] == stage.udp
    # The line is back after half a second, and is used again.
    await_states(stage)
    assert [reading["sequence"] for reading in stage.readings()] == [closed["sequence"]]


@pytest.mark.parametrize("fault", ["noise", "checksum=3", "cut=3"])
def test_a_serial_line_that_spoils_answers_still_delivers_every_record_once(start, fault):
    stage = start("--line-fault", fault)
    stage.measure(seed=1)
    stage.measure(seed=2)
    assert sorted(reading["sequence"] for reading in stage.await_readings(2)) == [1, 2]


def test_a_kind_of_link_that_cannot_be_looked_on_is_said_and_stops_nothing(start):
    stage = start(devices="serial = true\nusb = true\nble = true")
    await_states(stage)
    discovery = {kind["link"]: kind for kind in stage.corhub("device", "list")["discovery"]}
    assert sorted(discovery) == ["ble", "serial", "usb"]
    assert discovery["serial"] == {"link": "serial", "available": True, "reason": None}
    for kind in discovery.values():
        assert kind["available"] == (kind["reason"] is None), kind


def test_a_scan_tells_what_it_found_and_where_it_could_not_look():
    done = subprocess.run(
        [str(PROGRAMS / "corhub"), "device", "scan", "--serial", "--for", "100ms"], capture_output=True, text=True,
        timeout=20)
    assert (done.returncode, done.stdout) == (3, "no devices found\n")
    done = subprocess.run(
        [str(PROGRAMS / "corhub"), "device", "scan", "--for", "0s"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 64 and "--for" in done.stderr
