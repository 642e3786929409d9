"""Updates of a virtual COR One over UDP, from `corhub firmware install` to what the device runs in the end."""

import json
import os
import pty
import random
import re
import signal
import subprocess
import time

import pytest

from stage import PROGRAMS
from test_firmware_verify import Maker
from test_schemas import judge

SERIAL = "COR1-TEST-0001"
# Long enough that something can happen meanwhile, short enough for a test.
PROOF = "2s"


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    maker = Maker(tmp_path_factory.mktemp("maker"))
    maker.payload.write_bytes(random.Random(2).randbytes(100_000))
    return maker


@pytest.fixture
def hub(stage, maker):
    """A hub with the maker's key, and a device whose boot loader has it as well."""
    return start(stage, maker)


def start(stage, maker, *options, proof=PROOF):
    keys = stage.folder / "image-keys"
    keys.mkdir()
    (keys / "maker.der").write_bytes(maker.public("ed25519").read_bytes())
    stage.start_device("--image-key", maker.public("ed25519"), "--swap-time", "200ms", *options)
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration(extra=f'[firmware]\nimage_keys = "{keys}"\nproof_time = "{proof}"\n')
    stage.start_agent()
    stage.eventually(lambda: stage.corhub("device", "list")["devices"], "the device is known")
    return stage


def image(stage, maker, version, *options):
    file = stage.folder / f"image-{version}.bin"
    file.write_bytes(maker.image("ed25519", *options, version=version).read_bytes())
    return file


def install(stage, file, *options, status=0):
    return stage.corhub("firmware", "install", file, "--device", stage.serial, *options, status=status)


def update(stage):
    return stage.corhub("firmware", "status", stage.serial)["updates"][0]


def await_phase(stage, *phases, seconds=60):
    return stage.eventually(lambda: (u := update(stage))["phase"] in phases and u, f"the update is {phases}", seconds)


def slots(stage):
    images = json.loads(stage.command("corhub", "smp", stage.link, "image", "list", "--json").stdout)["result"]["images"]
    return [(one["version"], one["active"], one["confirmed"]) for one in images]


def running(stage):
    return next(version for version, active, confirmed in slots(stage) if active and confirmed)


def test_an_image_is_installed_proven_and_confirmed(hub, maker):
    answer = install(hub, image(hub, maker, "1.4.0"))
    judge("firmware-status", answer)
    assert answer["updates"][0]["phase"] == "confirmed"
    assert slots(hub) == [("1.4.0", True, True), ("1.0.0", False, False)]

    history = hub.corhub("firmware", "history", SERIAL)
    judge("firmware-history", history)
    steps = [event["type"] for event in reversed(history["events"])]
    assert steps == ["offered", "waiting", "uploading", "marked-for-test", "rebooting", "proving", "confirming", "confirmed"]
    # The same steps stand in the audit chain, the first with the user who ordered it.
    entries = [e for e in hub.corhub("audit", "show", "--limit", "200")["entries"] if e["type"] == "firmware"]
    assert [e["detail"].split(":")[0] for e in entries] == steps
    # The device tells its version by itself from now on.
    hub.eventually(lambda: hub.corhub("device", "show", SERIAL)["device"]["firmware"] == "1.4.0", "the device's new version")


def test_an_image_that_fails_its_self_test_is_reverted(hub, maker):
    hub.device.say({"do": "fault", "name": "trial-self-test"})
    file = image(hub, maker, "1.4.0")
    answer = install(hub, file, status=1)
    assert (answer["updates"][0]["phase"], answer["updates"][0]["reason"]) == ("reverted", "self-test-failed")
    assert running(hub) == "1.0.0"
    # It is not tried again by itself, and by a person only who says so.
    assert install(hub, file, status=2)["error"]["code"] == "failed-before"
    hub.device.say({"do": "clear-faults"})
    assert install(hub, file, "--again")["updates"][0]["phase"] == "confirmed"


def test_an_image_that_does_not_stay_up_is_reverted(hub, maker):
    hub.device.say({"do": "fault", "name": "trial-crash", "n": 1})
    answer = install(hub, image(hub, maker, "1.4.0"), status=1)
    assert answer["updates"][0]["phase"] == "reverted"
    assert running(hub) == "1.0.0"


def test_an_image_that_the_boot_loader_refuses_is_told(stage, maker):
    # The hub trusts a key that the device's boot loader does not have.
    hub = start(stage, maker, "--image-key", maker.public("other"))
    answer = install(hub, image(hub, maker, "1.4.0"), status=1)
    found = answer["updates"][0]
    assert (found["phase"], found["reason"]) == ("failed-permanently", "refused-by-boot-loader")
    assert running(hub) == "1.0.0"


def test_images_that_are_not_right_never_reach_the_device(hub, maker):
    file = image(hub, maker, "1.4.0")
    broken = bytearray(file.read_bytes())
    broken[40_000] ^= 1
    file.write_bytes(broken)
    assert install(hub, file, status=1)["error"]["code"] == "hash-wrong"
    file.write_bytes(maker.image("other", version="1.4.0").read_bytes())
    refused = install(hub, file, status=1)["error"]
    assert refused["code"] == "key-not-allowed" and "firmware.image_keys" in refused["message"], refused
    file.write_bytes(b"")
    assert install(hub, file, status=1)["error"]["code"] == "file-empty"
    assert hub.corhub("firmware", "status")["updates"] == []
    assert len(slots(hub)) == 1


def test_an_older_version_is_refused_unless_it_is_wanted(hub, maker):
    file = image(hub, maker, "0.9.0")
    answer = install(hub, file, status=1)
    assert (answer["updates"][0]["phase"], answer["updates"][0]["reason"]) == ("failed-permanently", "downgrade")
    assert install(hub, file, "--allow-downgrade", "--again")["updates"][0]["phase"] == "confirmed"
    assert running(hub) == "0.9.0"


def test_a_running_measurement_holds_back_by_itself(hub, maker):
    hub.device.say({"do": "run", "minutes": 120})
    hub.device.await_event("run-started")
    install(hub, image(hub, maker, "1.4.0"), "--no-wait")
    found = hub.eventually(lambda: (u := update(hub))["waits_for"] and u, "it waits")
    assert [reason["code"] for reason in found["waits_for"]] == ["measurement-running"]
    assert await_phase(hub, "confirmed")


def test_a_low_battery_and_a_person_hold_back(hub, maker):
    hub.device.say({"do": "battery", "percent": 20, "external": False})
    judge("firmware-inhibits", hub.corhub("inhibit", "add", "guests"))
    install(hub, image(hub, maker, "1.4.0"), "--no-wait")
    codes = lambda: {reason["code"] for reason in update(hub)["waits_for"]}
    hub.eventually(lambda: codes() == {"battery-low", "inhibited"}, "both reasons")
    hub.corhub("inhibit", "remove", "guests")
    hub.eventually(lambda: codes() == {"battery-low"}, "the battery alone")
    hub.device.say({"do": "battery", "percent": 20, "external": True})
    assert await_phase(hub, "confirmed")


def test_the_window_is_waited_for_only_where_that_is_wanted(hub, maker):
    now = time.localtime()
    closed = f"daily {(now.tm_hour + 2) % 24:02}:00-{(now.tm_hour + 3) % 24:02}:00"
    judge("firmware-window", hub.corhub("window", "set", closed))
    install(hub, image(hub, maker, "1.4.0"), "--in-window", "--no-wait")
    expected = {"outside-window", "clock-untrusted"}
    hub.eventually(lambda: {r["code"] for r in update(hub)["waits_for"]} & expected, "it waits for the window")
    hub.corhub("window", "set", "anytime")
    assert await_phase(hub, "confirmed")


def test_an_update_is_cancelled_while_the_image_is_sent_and_nothing_stays(hub, maker):
    hub.device.say({"do": "fault", "name": "slow-flash", "n": 1000})
    install(hub, image(hub, maker, "1.4.0"), "--no-wait")
    await_phase(hub, "uploading")
    assert hub.corhub("firmware", "cancel", "--device", SERIAL)["updates"][0]["phase"] == "cancelled"
    hub.device.say({"do": "clear-faults"})
    assert running(hub) == "1.0.0"
    # The device works on, and another update is taken.
    assert install(hub, image(hub, maker, "1.5.0"))["updates"][0]["phase"] == "confirmed"


def test_how_far_the_image_is_is_shown_with_its_rate_and_the_time_left(stage, maker):
    hub = start(stage, maker, "--buf-size", "2048", "--buf-count", "2")
    hub.device.say({"do": "fault", "name": "slow-flash", "n": 60})
    master, terminal = pty.openpty()
    looking = subprocess.Popen(
        [PROGRAMS / "corhub", "firmware", "install", image(hub, maker, "1.4.0"), "--socket", hub.socket],
        stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    found = hub.eventually(
        lambda: (u := hub.corhub("firmware", "status")["updates"]) and (u[0]["upload"] or {}).get("bytes_per_second") and u[0]["upload"],
        "a rate is known")
    assert 0 < found["offset"] <= found["length"] and found["bytes_per_second"] > 0, found
    text = b""
    try:
        while part := os.read(master, 4096):
            text += part
    except OSError:
        pass  # The other end is closed.
    assert looking.wait(60) == 0
    drawn = re.findall(r"\r\[(#*)(-*)\] uploading: (\d+) % of (\d+) bytes, (\d+) kB/s, (\d+) s left", text.decode())
    assert drawn, text
    assert all(len(full + rest) == 32 and int(length) == found["length"] for full, rest, _, length, _, _ in drawn), drawn
    parts = [int(part) for _, _, part, _, _, _ in drawn]
    assert parts == sorted(parts) and [len(full) for full, *_ in drawn] == [part * 32 // 100 for part in parts]


def test_an_image_on_trial_is_rolled_back_or_confirmed_by_hand(stage, maker):
    hub = start(stage, maker, proof="1h")
    install(hub, image(hub, maker, "1.4.0"), "--no-wait")
    await_phase(hub, "proving")
    hub.corhub("firmware", "rollback")
    found = await_phase(hub, "cancelled")
    assert found["reason"] == "asked-by-user" and running(hub) == "1.0.0"
    install(hub, image(hub, maker, "1.5.0"), "--no-wait")
    await_phase(hub, "proving")
    hub.eventually(lambda: "error" not in hub.corhub("firmware", "confirm", status=None), "it is confirmed")
    await_phase(hub, "confirmed")
    assert running(hub) == "1.5.0"


def test_ctrl_c_stops_looking_and_not_the_update(hub, maker):
    looking = subprocess.Popen(
        [PROGRAMS / "corhub", "firmware", "install", image(hub, maker, "1.4.0"), "--socket", hub.socket],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    hub.eventually(lambda: hub.corhub("firmware", "status")["updates"], "the update begins")
    looking.send_signal(signal.SIGINT)
    looking.wait(20)
    assert await_phase(hub, "confirmed")


def test_a_device_that_loses_its_memory_in_the_middle_of_an_upload_is_updated_all_the_same(stage, maker):
    """Neither what had arrived nor the image that the slot held before is there any more, and nothing of that is taken for whole."""
    options = ("--image-key", maker.public("ed25519"), "--swap-time", "200ms", "--buf-size", "4096", "--buf-count", "4")
    hub = start(stage, maker, *options[4:])
    install(hub, image(hub, maker, "1.4.0"))
    assert [version for version, _, _ in slots(hub)] == ["1.4.0", "1.0.0"]
    hub.device.say({"do": "fault", "name": "slow-flash", "n": 100})
    install(hub, image(hub, maker, "1.5.0"), "--no-wait")
    hub.eventually(lambda: (update(hub)["upload"] or {"offset": 0})["offset"] > 20_000, "a part of it is there")
    hub.device.kill()
    hub.start_device(*options, port=hub.device_port)
    assert [version for version, _, _ in slots(hub)] == ["1.4.0"]
    assert await_phase(hub, "confirmed", seconds=120)
    assert running(hub) == "1.5.0"
    # It began anew: one whole upload, and no more than what went on the way when the power went.
    uploaded = hub.device.await_event("image-uploaded")
    assert uploaded["match"] and uploaded["received"] - uploaded["length"] <= 5 * 4096, uploaded


@pytest.mark.parametrize("seed", range(2))
def test_power_cuts_of_both_sides_end_confirmed_or_reverted(stage, maker, seed):
    from cut_updates import Cuts
    cuts = Cuts(stage, maker, seed)
    cuts.play(6, 6)
    print(cuts)
