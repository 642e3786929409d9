"""A device becomes a hub's, and is let go: by a person at its button, with the upstream's agreement."""

import json
import os
import pty
import random
import signal
import subprocess
import time

import pytest

from stage import PROGRAMS, ROOT, Stage
from test_schemas import judge

SERIAL = "COR1-TEST-0001"


class Ceremony:
    """`corhub device …` at work, with a person who reads what it says."""

    def __init__(self, stage, *arguments):
        self.process = subprocess.Popen(
            [str(PROGRAMS / "corhub"), "device", *arguments, "--socket", str(stage.socket)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.said = ""

    def await_line(self, text):
        while text not in self.said:
            line = self.process.stdout.readline()
            assert line, f"ended before \"{text}\":\n{self.said}"
            self.said += line
        return self.said

    def end(self, status=0):
        self.said += self.process.communicate(timeout=40)[0]
        assert self.process.returncode == status, self.said
        return self.said


@pytest.fixture
def hub(stage):
    """A hub that is not a test's: what nobody has claimed waits."""
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration(claims=True)
    stage.start_agent()
    return stage


@pytest.fixture
def neighbour(hub, tmp_path_factory):
    """Another hub of the same upstream, with a link to the same device; not started yet."""
    other = Stage(tmp_path_factory.mktemp("neighbour"))
    other.hub_id = "hub-0002"
    for name in ("upstream", "device-ca"):
        (other.folder / name).symlink_to(hub.folder / name)
    other.url, other.link = hub.url, hub.link
    other.enrol()
    other.write_configuration(claims=True)
    yield other
    other.close()


def link_state(stage):
    return stage.corhub("status")["links"][0]["state"]


def await_state(stage, state):
    return stage.eventually(lambda: link_state(stage) == state, f"the device is {state}")


def registration(stage):
    found = stage.corhub("device", "show", SERIAL, status=None)
    return (found.get("registration") or {}).get("state")


def claim(stage, device, *arguments):
    ceremony = Ceremony(stage, *(arguments or ("register", SERIAL)))
    ceremony.await_line("Press the button")
    device.say({"do": "button"})
    return ceremony.end()


def registrar_entries(stage):
    return [entry["detail"] for entry in stage.corhub("audit", "show", "--limit", "1000")["entries"]
            if entry["type"] == "registration" and entry["subject"] == SERIAL]


def test_pairing_ends_with_a_registered_device_whose_readings_arrive(hub):
    closed = hub.measure()
    await_state(hub, "unclaimed")
    assert hub.readings() == []
    judge("candidates", hub.ask("/v1/candidates"))
    said = claim(hub, hub.device, "pair")
    for step in ("✓ COR1-TEST-0001 has proven who it is", "✓ the device belongs to this hub",
                 "✓ the upstream has it as this hub's", "is ready"):
        assert step in said, said
    assert hub.await_readings(1)[0]["record_id"] == closed["id"]
    assert registration(hub) == "registered"
    assert registrar_entries(hub) == [
        "claim ordered", "claimed: its button was pressed", "registered: the upstream agreed"]
    judge("device", hub.corhub("device", "show", SERIAL))
    # What it showed at the claim is a part of each reading's proof.
    checks = hub.corhub("reading", "trace", closed["id"], "--verify")["checks"]
    [attestation] = [check for check in checks if check["step"] == "device-attestation"]
    assert (attestation["outcome"], attestation["anchor"]["kind"]) == ("holds", "device-authority")
    judge("devices", hub.corhub("device", "list"))
    # The upstream has had its proof.
    listed = hub.command("corhub-upstream", "device", "list", "--state", hub.folder / "upstream", "--json").stdout
    assert json.loads(listed)["trust"] == "attested"
    # Once more changes nothing, and asks for no button.
    answer = hub.corhub("device", "register", SERIAL)
    assert answer["state"] == "registered"
    judge("registration", answer)


def test_the_documented_terminal_session_is_what_happens(hub):
    """docs/pairing.md, on a terminal of its own."""
    await_state(hub, "unclaimed")
    documented = (ROOT / "docs/pairing.md").read_text().split("```")[1].strip().splitlines()
    assert documented[0] == "$ corhub device pair"
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [str(PROGRAMS / "corhub"), "device", "pair"], stdin=slave, stdout=slave, stderr=slave,
        env={**os.environ, "CORHUB_SOCKET": str(hub.socket)})
    os.close(slave)
    said = b""
    try:
        while piece := os.read(master, 4_096):
            if b"Press the button" in piece:
                hub.device.say({"do": "button"})
            said += piece
    except OSError:
        pass  # The last to have the terminal is gone.
    assert process.wait(20) == 0
    assert said.decode().replace("\r\n", "\n").strip().splitlines() == documented[1:]


def test_giving_up_leaves_nothing_on_the_device(hub):
    await_state(hub, "unclaimed")
    # What is there and nobody's is told to whoever looks.
    listed = hub.command("corhub", "device", "list", "--socket", hub.socket).stdout
    assert SERIAL in listed and "it is nobody's" in listed, listed
    ceremony = Ceremony(hub, "register", SERIAL)
    ceremony.await_line("Press the button")
    ceremony.process.send_signal(signal.SIGINT)
    assert "the device stays as it was" in ceremony.end(130)
    hub.device.await_event("released")
    hub.device.say({"do": "button"})
    time.sleep(1)
    assert link_state(hub) == "unclaimed"
    assert registration(hub) is None
    hub.eventually(lambda: registrar_entries(hub) == ["claim ordered", "claim: withdrawn"], "both are in the audit trail")


def test_without_the_upstream_the_device_is_used_and_registered_later(hub):
    await_state(hub, "unclaimed")
    hub.upstream.kill()
    said = claim(hub, hub.device)
    assert "the upstream does not know yet" in said, said
    hub.measure()
    hub.await_readings(1)
    assert registration(hub) == "claimed"
    hub.start_upstream()
    hub.eventually(lambda: registration(hub) == "registered", "registered by itself", seconds=60)


def test_two_households_cannot_have_one_device(hub, neighbour):
    await_state(hub, "unclaimed")
    claim(hub, hub.device)
    # One link is one UDP socket of the device: the first hub leaves it before the second comes.
    hub.agent.end()
    neighbour.start_agent()
    await_state(neighbour, "refused")
    reason = neighbour.corhub("status")["links"][0]["reason"]
    assert "another hub owns the device" in reason and "10 seconds" in reason, reason
    assert neighbour.readings() == []

    # Whoever has the device in their hands takes it; the upstream still has it as the first hub's.
    assert neighbour.corhub("device", "register", SERIAL, status=1)["error"]["code"] == "owned-by-another"
    hub.device.say({"do": "hold-button"})
    hub.device.await_event("released")
    neighbour.agent.end()
    neighbour.start_agent()
    await_state(neighbour, "unclaimed")
    ceremony = Ceremony(neighbour, "register", SERIAL)
    ceremony.await_line("Press the button")
    hub.device.say({"do": "button"})
    said = ceremony.end(4)
    assert "the upstream has this device as another hub's" in said, said
    assert registration(neighbour) == "contested"

    # The first hub learns that it was taken, and lets it go upstream; the second asks again.
    neighbour.agent.end()
    hub.start_agent()
    await_state(hub, "refused")
    hub.eventually(lambda: registration(hub) == "released", "let go upstream", seconds=60)
    assert any("taken by another hub" in detail for detail in registrar_entries(hub))
    hub.agent.end()
    neighbour.start_agent()
    neighbour.eventually(lambda: registration(neighbour) == "registered", "registered", seconds=60)


def test_an_operator_releases_a_device_of_a_hub_that_is_lost(hub, neighbour):
    await_state(hub, "unclaimed")
    claim(hub, hub.device)
    hub.agent.kill()
    hub.device.say({"do": "hold-button"})
    neighbour.start_agent()
    await_state(neighbour, "unclaimed")
    hub.command("corhub-upstream", "device", "release", SERIAL, "--state", hub.folder / "upstream")
    claim(neighbour, hub.device)
    assert registration(neighbour) == "registered"
    hub.command("corhub-upstream", "device", "release", "COR1-NONE", "--state", hub.folder / "upstream", status=1)


def test_a_device_is_let_go(hub):
    await_state(hub, "unclaimed")
    claim(hub, hub.device)
    await_state(hub, "connected")
    hub.corhub("device", "unpair", SERIAL, status=5)
    answer = hub.corhub("device", "unpair", SERIAL, "--yes")
    judge("registration", answer)
    assert answer["state"] == "released"
    await_state(hub, "unclaimed")
    claim(hub, hub.device)
    # What is away is forgotten here; on itself it stays this hub's until its button is held.
    hub.device.kill()
    assert hub.corhub("device", "unpair", SERIAL, "--yes", "--away")["state"] in ("left", "released")
    hub.corhub("device", "unpair", SERIAL, "--yes", "--away", status=3)


def test_a_recalled_device_is_refused_with_the_reason_and_offline_too(hub):
    await_state(hub, "unclaimed")
    claim(hub, hub.device)
    await_state(hub, "connected")
    upstream = ("--state", hub.folder / "upstream")
    hub.command("corhub-upstream", "device", "revoke", SERIAL, "--reason", "key copied", *upstream)
    hub.agent.end()
    hub.start_agent()
    await_state(hub, "refused")
    assert "key copied" in hub.corhub("status")["links"][0]["reason"]
    hub.agent.end()
    hub.upstream.kill()
    hub.start_agent()
    await_state(hub, "refused")
    hub.agent.end()
    hub.start_upstream()
    hub.command("corhub-upstream", "device", "reinstate", SERIAL, *upstream)
    hub.start_agent()
    hub.eventually(lambda: link_state(hub) == "connected", "used again", seconds=90)


def test_orders_to_a_device(hub):
    await_state(hub, "unclaimed")
    judge("identification", hub.corhub("device", "identify", SERIAL, "--seconds", "3"))
    hub.device.await_event("identify")
    hub.command("corhub", "device", "identify", SERIAL, "--seconds", "61", "--socket", hub.socket, status=64)
    judge("self-test", hub.corhub("device", "self-test", SERIAL))
    hub.device.say({"do": "break", "part": "optics"})
    assert hub.corhub("device", "self-test", SERIAL, status=1)["passed"] is False
    hub.corhub("device", "identify", "COR1-NONE", status=3)
    claim(hub, hub.device)
    judge("waiting", hub.corhub("device", "wait", SERIAL, "--until", "registered", "--for", "20s"))
    judge("name", hub.corhub("device", "rename", SERIAL, "Kitchen"))
    assert hub.corhub("device", "show", SERIAL)["device"]["alias"] == "Kitchen"
    for command in (("show",), ("self-test",), ("identify", "--seconds", "1"), ("wait", "--for", "5s")):
        assert json.dumps(hub.corhub("device", command[0], "Kitchen", *command[1:], status=None)).count(SERIAL), command
    hub.corhub("device", "assign", "Kitchen", "subject-0002")
    hub.corhub("device", "show", "Pantry", status=3)
    hub.corhub("device", "rename", "Kitchen", "--clear")
    hub.corhub("device", "show", "Kitchen", status=3)
    hub.corhub("device", "wait", "COR1-NONE", "--for", "1s", status=75)


def test_whenever_the_hub_is_killed_the_device_has_one_owner_in_the_end(stage):
    """Killed at random points of a claim whose button presses itself: each start finds what is, and makes it whole."""
    stage.start_device("--auto-button")
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration(claims=True)
    chance = random.Random(20)
    for _ in range(10):
        stage.start_agent()
        stage.eventually(lambda: link_state(stage) in ("unclaimed", "connected"), "the device is there")
        ceremony = Ceremony(stage, "register", SERIAL)
        time.sleep(chance.uniform(0, 0.25))
        stage.agent.kill()
        ceremony.process.wait(20)
        ceremony.process.stdout.close()
        stage.start_agent()
        stage.eventually(lambda: link_state(stage) in ("unclaimed", "connected"), "the device is there again")
        if link_state(stage) == "connected":
            stage.eventually(lambda: registration(stage) == "registered", "the upstream agrees", seconds=60)
            stage.corhub("device", "unpair", SERIAL, "--yes")
            stage.eventually(lambda: link_state(stage) == "unclaimed", "let go")
        else:
            assert registration(stage) in (None, "released")
        stage.agent.end()
    stage.start_agent()
    # A press that came after the last kill counts: the device was claimed, and somebody agreed.
    stage.eventually(lambda: link_state(stage) in ("unclaimed", "connected"), "the device is there")
    assert stage.corhub("device", "register", SERIAL)["state"] == "registered"
    stage.corhub("audit", "verify")
