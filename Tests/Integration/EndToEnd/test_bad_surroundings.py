"""Wrong configuration, full and read-only disks, ports and stores in use: one clear line, the right exit status."""

import os
import shutil
import socket
import sqlite3
import subprocess

import pytest

from stage import PROGRAMS, ROOT


def one_line(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def run(stage, config, status):
    return one_line(stage.command("corhub", "run", "--config", config, status=status))


@pytest.mark.parametrize("text, line, reason", [
    ("[hub]\nstate_dir = \"/x\"\n", 2, "did you mean hub.state_directory?"),
    ("[hub]\nsubject = 7\n", 2, "a string is wanted, found an integer"),
    ("[devices]\npoll_interval = \"soon\"\n", 2, "a duration"),
    ("[hub\n", 1, ""),
    ("[devices]\nallow_uncertified = \"yes\"\n", 2, "true or false"),
])
def test_a_wrong_configuration_is_refused_with_file_and_line(stage, text, line, reason):
    config = stage.folder / "bad.toml"
    config.write_text(text)
    message = run(stage, config, 64)
    assert f"{config}:{line}: " in message and reason in message


def test_a_missing_configuration_is_named(stage):
    assert "nowhere.toml: No such file" in run(stage, stage.folder / "nowhere.toml", 64)


def test_a_hub_that_is_not_enrolled_is_told_what_to_do(stage):
    stage.start_device()
    (stage.folder / "hub").mkdir()
    assert "enrol" in run(stage, stage.write_configuration(), 4)


def test_a_second_agent_on_the_same_store_is_blocked_and_the_first_goes_on(stage):
    stage.start_all()
    config = stage.folder / "second.toml"
    config.write_text((stage.folder / "corhub.toml").read_text().replace("control.sock", "second.sock"))
    assert f"process {stage.agent.process.pid}" in run(stage, config, 4)
    stage.measure()
    stage.await_readings(1)


def test_a_device_port_in_use_is_named(stage):
    stage.start_device()
    done = stage.command("corone-sim", "--port", stage.device_port, status=1)
    assert str(stage.device_port) in one_line(done)


def test_an_upstream_port_in_use_is_named(stage):
    stage.start_device()
    stage.start_upstream()
    stage.command("corhub-upstream", "init", stage.folder / "other", "--environment", "test")
    done = stage.command(
        "corhub-upstream", "serve", "--state", stage.folder / "other", "--listen",
        f"127.0.0.1:{stage.upstream_port}", "--device-ca", stage.folder / "device-ca" / "device-ca.pem", status=1)
    assert str(stage.upstream_port) in one_line(done)


def test_an_agent_that_does_not_run_is_said_with_what_to_do(stage):
    done = stage.command("corhub", "status", "--socket", stage.folder / "none.sock", status=75)
    assert "corhub run" in one_line(done)


def test_the_control_socket_is_for_its_group_only(stage):
    stage.start_all()
    assert os.stat(stage.socket).st_mode & 0o777 == 0o660


def test_ready_and_stopping_are_told_to_the_service_manager(stage):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration()
    path = stage.folder / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(20)
        stage.start_agent(environment={**os.environ, "NOTIFY_SOCKET": str(path)})
        assert b"READY=1" in manager.recv(4096)
        assert stage.agent.end() == 0
        assert b"STOPPING=1" in manager.recv(4096)


@pytest.fixture
def small_disk(stage):
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = stage.folder / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=768k", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    stage.close()
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk, room):
    """Takes what is free on the disk, but for some room."""
    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with open(filler, "wb") as file:
        try:
            for _ in range(max(0, free - room) // 4096):
                os.write(file.fileno(), b"\0" * 4096)
        except OSError:
            pass
    return filler


def test_threat_20_on_a_disk_that_fills_up_devices_keep_their_records_and_nothing_is_lost(stage, small_disk):
    subprocess.run(["mount", "-o", "remount,size=32m", small_disk], check=True)
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    shutil.copytree(stage.folder / "hub" / "identity", small_disk / "identity")
    stage.write_configuration(state=small_disk, extra='[storage]\nreserve = "4MB"')
    stage.start_agent()
    ids = [stage.measure(seed=0)["id"]]
    stage.await_readings(1)
    filler = fill(small_disk, 3_000_000)
    assert stage.corhub("buffer", "status")["storage"]["pressure"] == "no-records"
    ids += [stage.measure(seed=seed)["id"] for seed in range(1, 4)]
    stage.eventually(
        lambda: any("cannot keep" in (link["reason"] or "") for link in stage.corhub("status")["links"]),
        "the device is told to wait")
    # The agent lives and answers, and what it keeps for itself goes on. By their rows and not by their bytes, which may
    # go behind a receipt: the first record is there, and none that came later.
    assert [reading["record_id"] for reading in stage.readings()] == ids[:1]
    assert stage.corhub("buffer", "verify")["sound"]
    filler.unlink()
    assert stage.corhub("buffer", "status")["storage"]["pressure"] == "none"
    # The device is asked again after a minute, give or take a fifth.
    stage.eventually(lambda: len(stage.readings()) == len(ids), "what the device kept", seconds=120)
    stage.await_receipts()
    readings = stage.operator("/v1/readings?limit=1000")["readings"]
    assert sorted(r["record_id"] for r in readings) == sorted(ids)


def test_a_damaged_store_does_not_keep_the_agent_from_starting_and_is_kept_aside(stage):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration()
    stage.start_agent()
    ids = [stage.measure(seed=seed)["id"] for seed in range(2)]
    stage.await_readings(2)
    stage.await_receipts()
    stage.agent.end()
    with sqlite3.connect(stage.folder / "hub/store/store.sqlite") as database:
        database.execute("UPDATE devices SET firmware = 'forged'")
    damaged = (stage.folder / "hub/store/store.sqlite").read_bytes()
    stage.start_agent()
    assert (stage.folder / "hub/quarantine/store-1/store.sqlite").read_bytes() == damaged
    assert "set aside in" in (stage.folder / "corhub.log").read_text()
    assert stage.corhub("buffer", "verify")["sound"]
    ids.append(stage.measure(seed=3)["id"])
    stage.await_readings(3)
    stage.await_receipts()
    readings = stage.operator("/v1/readings?limit=1000")["readings"]
    assert sorted(r["record_id"] for r in readings) == sorted(ids)
    types = [entry["type"] for entry in stage.corhub("audit", "show")["entries"]]
    assert "storage-fault" in types and "quarantine" in types


def test_a_read_only_disk_is_said_at_the_start(stage, small_disk):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    shutil.copytree(stage.folder / "hub" / "identity", small_disk / "identity")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    message = run(stage, stage.write_configuration(state=small_disk), 1)
    assert "read-only" in message or "Read-only" in message or "cannot be opened" in message


def test_help_of_every_command_prints_and_exits_0(stage):
    for words in (
        [], ["run"], ["enroll"], ["status"], ["device", "list"], ["device", "show"], ["reading", "list"],
        ["reading", "show"], ["reading", "trace"], ["reading", "watch"], ["reading", "export"], ["reading", "erase"], ["buffer", "status"], ["buffer", "flush"],
        ["buffer", "verify"], ["buffer", "export"], ["audit", "show"], ["audit", "verify"], ["audit", "export"], ["monitor"],
        ["analyze"], ["smp"], ["demo"], ["version"],
    ):
        assert "USAGE" in stage.command("corhub", *words, "--help").stdout
    assert (PROGRAMS / "corhub").exists()


def test_the_shipped_configuration_is_one_that_the_agent_takes(stage):
    # It is read without a complaint; what is missing on this machine is the identity.
    done = stage.command("corhub", "run", "--config", ROOT / "packaging" / "corhub.toml", status=4)
    assert "corhub.toml" not in one_line(done)
