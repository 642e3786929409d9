"""Threat 10: attacks on a firmware repository, with python-tuf as its maker.

Each test ends with the proof that the store is still usable: the honest repository's next state is taken over.
"""

import datetime
import hashlib
import json
import time

import pytest
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import Metadata

from tuf_repository import place, usable  # noqa: F401 (place is a fixture)


@pytest.mark.parametrize("consistent", [True, False])
@pytest.mark.parametrize("hashes", [True, False])
@pytest.mark.parametrize("maker", ["ed25519", "ecdsa", "rsa"])
def test_an_honest_repository(place, consistent, hashes, maker):
    repository, server, client = place(
        consistent=consistent, hashes=hashes, signer=getattr(CryptoSigner, f"generate_{maker}"))
    repository.add_target("a/b.bin", b"content", algorithms=["sha512", "sha256"])
    repository.publish("targets", "snapshot", "timestamp")
    client.download("a/b.bin")
    assert client.content("a/b.bin") == b"content"
    # What has not changed is not asked for again.
    server.asked.clear()
    client.download("a/b.bin")
    assert server.asked == ["2.root.json", "timestamp.json"]
    usable(repository, server, client)


@pytest.mark.parametrize("hashes", [True, False])
@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_rollback_attack(place, role, hashes):
    repository, server, client = place(hashes=hashes)
    repository.publish()
    client.refresh()
    before = client.versions()
    # Older metadata of the role, and whoever lists it in order.
    kept = repository.signed[role].version
    repository.signed[role].version = 0
    order = ["targets", "snapshot", "timestamp"]
    repository.publish(*order[order.index(role):])
    client.refresh("version-wrong")
    assert client.version(role) == before[role]
    repository.signed[role].version = kept
    usable(repository, server, client)


def test_rollback_attack_with_a_root(place):
    repository, server, client = place()
    repository.publish("root")
    client.refresh()
    server.lies["3.root.json"] = repository.files["1.root.json"]
    client.refresh("version-wrong")
    assert client.version("root") == 2
    usable(repository, server, client)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "root"])
def test_freeze_attack(place, role):
    repository, server, client = place()
    client.refresh()
    repository.signed[role].expires = repository.expiry - datetime.timedelta(days=15)
    repository.publish()
    # Everything is as it was; only time has passed.
    client.refresh("expired", days=20)
    if role != "root":
        assert client.version(role) == 1
    repository.signed[role].expires = repository.expiry
    repository.publish("root")
    usable(repository, server, client)


def test_freeze_attack_with_what_is_stored(place):
    repository, server, client = place()
    client.refresh()
    client.refresh("expired", days=31)
    usable(repository, server, client)


@pytest.mark.parametrize("hashes", [True, False])
def test_mix_and_match_attack(place, hashes):
    repository, server, client = place(hashes=hashes)
    client.refresh()
    repository.publish("targets", "snapshot", "timestamp")
    repository.publish("targets", "snapshot", "timestamp")
    # Targets of one state beside the snapshot of another, each properly signed.
    server.lies["3.targets.json"] = repository.files["2.targets.json"]
    client.refresh("hash-wrong" if hashes else "version-wrong")
    assert client.version("targets") == 1
    server.lies = {"3.snapshot.json": repository.files["2.snapshot.json"]}
    repository.publish("timestamp")
    usable(repository, server, client)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_fast_forward_attack_and_recovery(place, role):
    repository, server, client = place()
    repository.signed[role].version = 1_000
    repository.publish("targets", "snapshot", "timestamp")
    client.refresh()
    assert client.version(role) == 1_001
    # The keys that the attacker had are replaced, and the role begins anew.
    for rotated in {"timestamp": ["timestamp"], "snapshot": ["snapshot", "timestamp"], "targets": ["targets", "snapshot"]}[role]:
        repository.rotate(rotated)
    repository.signed[role].version = 2
    repository.publish()
    client.refresh()
    assert client.version(role) == 3
    usable(repository, server, client)


@pytest.mark.parametrize("name, limit", [
    ("timestamp.json", 16_384), ("2.root.json", 512_000), ("2.snapshot.json", 2_000_000), ("2.targets.json", 5_000_000)])
@pytest.mark.parametrize("announced", [True, False])
def test_endless_data_attack(place, name, limit, announced):
    repository, server, client = place()
    client.refresh()
    repository.publish("targets", "snapshot", "timestamp")
    sent = []

    def endless(handler):
        handler.send_response(200)
        if announced:
            handler.send_header("Content-Length", str(1 << 40))
        else:
            handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            while sum(sent) < 200_000_000:
                handler.wfile.write(b" " * 65_536)
                sent.append(65_536)
        except OSError:
            pass  # Cut off, as it should be.
        handler.close_connection = True

    server.lies[name] = endless
    client.refresh("endless-data")
    # What the client's and the kernel's buffers hold beside the limit.
    assert sum(sent) < limit + 16_000_000
    usable(repository, server, client)


def test_endless_data_attack_with_a_target(place):
    repository, server, client = place()
    repository.add_target("a.bin", b"content")
    repository.publish("targets", "snapshot", "timestamp")
    [name] = [name for name in repository.target_files if name.endswith("a.bin")]
    server.lies[name] = b"content and more"
    client.download("a.bin", fault="endless-data")
    server.lies[name] = b"conten"
    client.download("a.bin", fault="length-wrong")
    server.lies[name] = b"CONTENT"
    client.download("a.bin", fault="hash-wrong")
    assert client.content("a.bin") is None
    usable(repository, server, client)


@pytest.mark.parametrize("drips", [True, False])
def test_slow_retrieval_attack(place, drips):
    repository, server, client = place()
    client.refresh()
    repository.publish("timestamp")

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

    server.lies["timestamp.json"] = slow
    begin = time.monotonic()
    client.refresh("slow-retrieval")
    assert 8 < time.monotonic() - begin < 25
    usable(repository, server, client)


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_wrong_key(place, role):
    repository, server, client = place()
    client.refresh()
    versions = {name: content.version for name, content in repository.signed.items()}
    thief = CryptoSigner.generate_ed25519()
    repository.signed[role].version += 1
    forged = repository.bytes_of(role, [thief])
    repository.signed[role].version -= 1
    repository.publish("targets", "snapshot", "timestamp")
    server.lies["timestamp.json" if role == "timestamp" else f"{versions[role] + 1}.{role}.json"] = forged
    client.refresh("unsigned")
    assert client.version(role) == versions[role]
    usable(repository, server, client)


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_threshold(place, role):
    repository, server, client = place()
    for _ in range(2):
        repository.add_key(role)
    # The root before must be able to speak for this one.
    repository.root.roles[role].threshold = 2
    repository.publish()
    client.refresh()
    version = client.version(role)
    repository.publish(role, signers=repository.signers[role][:1])
    order = ["targets", "snapshot", "timestamp"]
    if role in order[:2]:
        repository.publish(*order[order.index(role) + 1:])
    client.refresh("unsigned")
    assert client.version(role) == version
    repository.publish(role, bump=False)
    usable(repository, server, client)


def test_one_key_under_two_ids_counts_once(place):
    repository, server, client = place()
    repository.root.roles["timestamp"].threshold = 2
    signer = repository.signers["timestamp"][0]
    double = signer.public_key.to_dict()
    double["note"] = "the same key, with another id"
    content = json.dumps(double, sort_keys=True, separators=(",", ":")).encode()
    identifier = hashlib.sha256(content).hexdigest()
    repository.root.add_key(Key.from_dict(identifier, dict(double)), "timestamp")
    repository.publish("root")
    metadata = json.loads(repository.bytes_of("timestamp"))
    metadata["signatures"].append({**metadata["signatures"][0], "keyid": identifier})
    server.lies["timestamp.json"] = json.dumps(metadata).encode()
    client.refresh("unsigned")
    repository.add_key("timestamp")
    repository.publish("root")
    usable(repository, server, client)


@pytest.mark.parametrize("damage", [
    lambda data: b"", lambda data: data[:-1], lambda data: data.replace(b'"version"', b'"version": 1.0, "x"'),
    lambda data: data.replace(b'"signed"', b'"signed": {}, "signed"'), lambda data: data + b"x", lambda data: b"\xff" + data,
    lambda data: b"[" * 100_000])
def test_metadata_that_is_none(place, damage):
    repository, server, client = place()
    client.refresh()
    repository.publish("timestamp")
    data = damage(repository.files["timestamp.json"])
    server.lies["timestamp.json"] = data
    client.refresh("endless-data" if len(data) > 16_384 else "malformed")
    usable(repository, server, client)


@pytest.mark.parametrize("name", ["timestamp.json", "snapshot.json", "targets.json"])
def test_a_damaged_store_is_mended(place, name):
    repository, server, client = place()
    client.refresh()
    for content in (b"", b"{}", b"\x00" * 100):
        (client.metadata / name).write_bytes(content)
        client.refresh()
        assert Metadata.from_file(str(client.metadata / name))
    usable(repository, server, client)


def test_a_store_that_cannot_be_written_is_left_as_it_was(place):
    repository, server, client = place()
    client.refresh()
    before = client.versions()
    repository.publish("targets", "snapshot", "timestamp")
    # A folder in the place of the file that is written first: nobody, not even root, writes into it.
    obstacle = client.metadata / ".timestamp.json.new"
    obstacle.mkdir()
    client.refresh("storage")
    assert client.versions() == before
    obstacle.rmdir()
    usable(repository, server, client)


def test_many_roots_at_once_have_a_limit(place):
    repository, server, client = place()
    for _ in range(257):
        repository.publish("root")
    client.refresh()
    assert client.version("root") == 257
    client.refresh()
    assert client.version("root") == 258
    usable(repository, server, client)


def test_a_server_in_trouble(place):
    repository, server, client = place()
    client.refresh()

    def broken(handler):
        handler.send_error(503)

    server.lies["2.root.json"] = broken
    client.refresh("download-status")
    server.lies = {"timestamp.json": broken}
    client.refresh("download-status")
    usable(repository, server, client)
