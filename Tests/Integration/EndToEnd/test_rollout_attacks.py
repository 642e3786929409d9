"""Threats 10 and 26: attacks on the repository, against the running agent. Each leaves the old firmware running and the store usable."""

import datetime
import time
import urllib.parse

import pytest
from securesystemslib.signer import CryptoSigner

from rollout_stage import IMAGE, MODEL, Hub, Publisher, rollout, utc
from test_schemas import judge


@pytest.fixture
def hub(stage):
    publisher = Publisher()
    publisher.release("1.1.0+0")
    publisher.rollouts(rollout("first", "1.1.0+0"))
    publisher.publish()
    hub = Hub(stage, publisher)
    hub.check()
    hub.await_offer("1.1.0+0")
    yield hub
    publisher.close()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_rollback(hub, role):
    repository = hub.publisher.repository
    hub.publisher.publish()
    hub.check()
    kept = repository.signed[role].version
    repository.signed[role].version = 0
    order = ["targets", "snapshot", "timestamp"]
    repository.publish(*order[order.index(role):])
    hub.check("version-wrong")
    # What was known before holds.
    assert hub.offer() == "1.1.0+0"
    repository.signed[role].version = kept
    hub.usable()


def test_rollback_of_a_release(hub):
    """A rollout of an older release, properly signed, moves no device that runs a newer one, unless it says so."""
    hub.publisher.release("0.9.0+0", IMAGE + b"old")
    hub.publisher.rollouts(rollout("back", "0.9.0+0"))
    hub.publisher.publish()
    hub.check()
    hub.stage.eventually(lambda: hub.offer() is None, "nothing is offered")
    assert hub.reasons("back") == ["downgrade-not-allowed"]
    hub.publisher.rollouts(rollout("back-as-signed", "0.9.0+0", downgrade=True))
    hub.publisher.publish()
    hub.check()
    hub.await_offer("0.9.0+0")
    hub.usable()


def test_freeze(hub):
    """Nobody publishes any more: once the metadata have ended, nothing new begins, without any news."""
    repository = hub.publisher.repository
    repository.signed["timestamp"].expires = (
        datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=6))
    hub.publisher.publish("timestamp")
    hub.check()
    hub.await_offer("1.1.0+0")
    hub.stage.eventually(lambda: hub.offer() is None, "the offer is taken back by time alone")
    assert hub.reasons("first") == ["metadata-expired"]
    hub.check("expired")
    details = [entry["detail"] for entry in hub.stage.corhub("audit", "show", "--limit", "200")["entries"]
               if entry["type"] == "firmware"]
    assert "offered 1.1.0+0" in details and "withdrawn" in details, details
    repository.signed["timestamp"].expires = repository.expiry
    hub.usable()


def test_freeze_over_a_restart(stage):
    """An offer that waits, an agent that is off until the metadata have ended: what was offered then is taken back, too."""
    publisher = Publisher()
    publisher.release("1.1.0+0")
    publisher.rollouts(rollout("first", "1.1.0+0"))
    [image] = [name for name in publisher.repository.target_files if name.endswith(".image.bin")]

    def away(handler):
        handler.send_response(503)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    publisher.server.lies[quoted(image)] = away
    publisher.repository.signed["timestamp"].expires = end = (
        datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=25))
    publisher.publish()
    hub = Hub(stage, publisher)
    hub.check()
    hub.await_offer("1.1.0+0")
    update = lambda: stage.corhub("firmware", "status")["updates"][0]
    stage.eventually(lambda: update()["phase"] == "downloading", "it waits for its image")
    assert stage.agent.end() == 0
    stage.eventually(lambda: datetime.datetime.now(datetime.timezone.utc) > end, "the metadata have ended", 30)
    stage.start_agent()
    stage.eventually(lambda: (u := update())["phase"] == "cancelled" and u["reason"] == "withdrawn", "it is taken back")
    hub.check("expired")
    publisher.repository.signed["timestamp"].expires = publisher.repository.expiry
    hub.usable()
    publisher.close()


def test_freeze_is_told_as_such_behind_a_restart(hub):
    """What is stored has ended while the agent was off, and nobody can be asked: it is not missing, and since when it ended is told."""
    repository, stage = hub.publisher.repository, hub.stage
    repository.signed["timestamp"].expires = end = (
        datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=6))
    hub.publisher.publish("timestamp")
    hub.check()
    assert stage.agent.end() == 0
    stage.eventually(lambda: datetime.datetime.now(datetime.timezone.utc) > end, "the metadata have ended")
    stage.start_agent()
    stage.eventually(lambda: hub.device() and "metadata-expired" in hub.reasons("first"), "it is said to have expired")
    shown, listed = stage.corhub("rollout", "show"), stage.corhub("firmware", "list")
    judge("rollouts", shown)
    judge("releases", listed)
    for answer in (shown, listed):
        assert (answer["valid"], answer["valid_until_ms"]) == (False, int(end.timestamp()) * 1_000), answer
        assert answer["metadata_version"] is not None
    [device] = shown["devices"]
    assert "metadata-missing" not in [reason["code"] for reason in device["obstacles"]] and device["offer"] is None
    # What was offered once is known all the same.
    assert [release["version"] for release in listed["models"][0]["releases"]] == ["1.1.0+0"]
    words = f"expired at {end.strftime('%Y-%m-%dT%H:%M:%SZ')}"
    text = stage.command("corhub", "rollout", "show", "--socket", stage.socket).stdout
    assert words in text and "runs 1.0.0" in text and "devices keep what they run" in text, text
    message = hub.check("expired")["error"]["message"]
    assert words in message and "devices keep what they run" in message, message
    stage.eventually(lambda: stage.corhub("status")["links"][0]["state"] == "connected", "the device is there")
    hub.old_firmware_runs()
    # A receipt says that the clock is right.
    stage.measure()
    stage.await_receipts()
    repository.signed["timestamp"].expires = repository.expiry
    hub.usable()


def test_expired(hub):
    repository = hub.publisher.repository
    for role in ("timestamp", "snapshot", "targets"):
        repository.signed[role].expires = repository.expiry - datetime.timedelta(days=60)
        hub.publisher.publish()
        hub.check("expired")
        assert hub.offer() == "1.1.0+0"
        repository.signed[role].expires = repository.expiry
    hub.usable()


def test_an_expired_rollout_offers_nothing(hub):
    hub.publisher.rollouts(rollout("over", "1.1.0+0", expires=utc(-1)))
    hub.publisher.publish()
    hub.check()
    hub.stage.eventually(lambda: hub.reasons("over") == ["rollout-expired"], "the rollout is over")
    assert hub.offer() is None
    hub.usable()


def test_mix_and_match(hub):
    repository, server = hub.publisher.repository, hub.publisher.server
    version = repository.signed["targets"].version
    hub.publisher.publish()
    hub.publisher.publish()
    # Targets of one state beside the snapshot of another, each properly signed.
    server.lies[f"{version + 2}.targets.json"] = repository.files[f"{version + 1}.targets.json"]
    hub.check("version-wrong")
    assert hub.offer() == "1.1.0+0"
    hub.usable()


def test_mix_and_match_of_rollouts(hub):
    """The document of another state in the place of the one that is signed."""
    [old] = [data for name, data in hub.publisher.repository.target_files.items() if name.startswith("rollouts/")]
    hub.publisher.release("1.2.0+0", IMAGE + b"2")
    hub.publisher.rollouts(rollout("later", "1.2.0+0"))
    hub.publisher.publish()
    for name in hub.publisher.repository.target_files:
        if name.startswith("rollouts/"):
            hub.publisher.server.lies[quoted(name)] = old
    target = hub.publisher.repository.targets.targets[f"rollouts/{MODEL}.json"]
    assert len(old) == target.length, "both documents have one length, so that the hash has to tell"
    hub.check("hash-wrong")
    assert hub.offer() == "1.1.0+0"
    hub.usable()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_fast_forward_recovery(hub, role):
    repository = hub.publisher.repository
    repository.signed[role].version = 1_000
    hub.publisher.publish()
    hub.check()
    # The keys that the attacker had are replaced, and the role begins anew.
    for rotated in {"timestamp": ["timestamp"], "snapshot": ["snapshot", "timestamp"],
                    "targets": ["targets", "snapshot"]}[role]:
        repository.rotate(rotated)
    repository.signed[role].version = 5
    repository.publish()
    hub.check()
    assert hub.offer() == "1.1.0+0"
    hub.usable()


@pytest.mark.parametrize("kind", ["timestamp", "targets", "rollouts"])
def test_endless_data(hub, kind):
    repository, server = hub.publisher.repository, hub.publisher.server
    hub.publisher.rollouts(rollout("next", "1.1.0+0"))
    hub.publisher.publish()
    sent = []

    def endless(handler):
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            while sum(sent) < 100_000_000:
                handler.wfile.write(b" " * 65_536)
                sent.append(65_536)
        except OSError:
            pass  # Cut off, as it should be.
        handler.close_connection = True

    if kind == "rollouts":
        for name in repository.target_files:
            if name.startswith("rollouts/"):
                server.lies[quoted(name)] = endless
    else:
        server.lies["timestamp.json" if kind == "timestamp"
                    else f"{repository.signed['targets'].version}.targets.json"] = endless
    before = memory(hub)
    hub.check("endless-data")
    assert 0 < sum(sent) < 30_000_000
    assert memory(hub) - before < 16_000
    assert hub.offer() == "1.1.0+0"
    hub.usable()


def quoted(name):
    """As it goes into a URL."""
    return "/".join(urllib.parse.quote(part, "") for part in name.split("/"))


def memory(hub):
    """kB that the agent has of its own."""
    with open(f"/proc/{hub.stage.agent.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


@pytest.mark.parametrize("drips", [True, False])
def test_slow_retrieval(hub, drips):
    hub.publisher.publish("timestamp")

    def slow(handler):
        try:
            if drips:
                handler.send_response(200)
                handler.send_header("Content-Length", "16000")
                handler.end_headers()
            for _ in range(300):
                if drips:
                    handler.wfile.write(b" ")
                time.sleep(0.2)
        except OSError:
            pass  # Cut off, as it should be.
        handler.close_connection = True

    hub.publisher.server.lies["timestamp.json"] = slow
    begin = time.monotonic()
    hub.check("slow-retrieval")
    assert 8 < time.monotonic() - begin < 30
    # The agent did everything else in the meantime.
    assert hub.offer() == "1.1.0+0"
    hub.usable()


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_wrong_key(hub, role):
    repository = hub.publisher.repository
    versions = {name: content.version for name, content in repository.signed.items()}
    repository.signed[role].version += 1
    forged = repository.bytes_of(role, [CryptoSigner.generate_ed25519()])
    repository.signed[role].version -= 1
    hub.publisher.publish()
    name = "timestamp.json" if role == "timestamp" else f"{versions[role] + 1}.{role}.json"
    hub.publisher.server.lies[name] = forged
    hub.check("unsigned")
    assert hub.offer() == "1.1.0+0"
    hub.usable()


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_threshold(hub, role):
    repository = hub.publisher.repository
    for _ in range(2):
        repository.add_key(role)
    # The root before must be able to speak for this one.
    repository.root.roles[role].threshold = 2
    repository.publish()
    hub.check()
    repository.publish(role, signers=repository.signers[role][:1])
    order = ["targets", "snapshot", "timestamp"]
    if role in order[:2]:
        repository.publish(*order[order.index(role) + 1:])
    hub.check("unsigned")
    assert hub.offer() == "1.1.0+0"
    repository.publish(role, bump=False)
    hub.usable()


@pytest.mark.parametrize("document", [
    b"{}", b"no JSON", b'{"format": "corhub-rollouts/2", "model": "COR One (virtual)", "rollouts": []}',
    b'{"format": "corhub-rollouts/1", "model": "another", "rollouts": []}'])
def test_a_document_that_is_signed_and_none(hub, document):
    hub.publisher.repository.add_target(f"rollouts/{MODEL}.json", document)
    hub.publisher.publish()
    hub.check()
    hub.stage.eventually(lambda: hub.offer() is None, "nothing is offered")
    assert [reason["code"] for reason in hub.device()["obstacles"]] == ["document-refused"]
    hub.usable()


def test_replay_to_a_hub_that_was_restarted(hub):
    """What is stored counts offline, and old metadata do not come back by a restart."""
    repository, server = hub.publisher.repository, hub.publisher.server
    old = repository.files["timestamp.json"]
    hub.publisher.publish()
    hub.check()
    server.lies["timestamp.json"] = old
    assert hub.stage.agent.end() == 0
    hub.stage.start_agent()
    # A receipt says that the clock is right.
    hub.stage.measure()
    hub.stage.await_receipts()
    hub.stage.eventually(lambda: hub.device() and hub.offer() == "1.1.0+0", "the offer is there without the repository")
    hub.check("version-wrong")
    hub.usable()


def test_another_publishers_root_begins_anew(hub, stage):
    other = Publisher()
    try:
        other.release("1.5.0+0", IMAGE + b"other")
        other.rollouts(rollout("other", "1.5.0+0"))
        other.publish()
        # The repository alone is exchanged: its root is not the trusted one.
        hub.publisher.server.repository = other.repository
        hub.check("unsigned")
        assert hub.offer() == "1.1.0+0"
        # Whoever runs the hub takes the other root.
        hub.root.write_bytes(other.repository.first_root)
        assert stage.agent.end() == 0
        stage.start_agent()
        hub.check()
        hub.await_offer("1.5.0+0")
    finally:
        other.close()


def test_a_root_that_is_none_stops_the_start(stage):
    publisher = Publisher()
    try:
        hub = Hub(stage, publisher)
        assert stage.agent.end() == 0
        hub.root.write_bytes(b"{}")
        done = stage.command("corhub", "run", "--config", stage.folder / "corhub.toml", status=4)
        assert "firmware.root" in done.stderr
    finally:
        publisher.close()
