"""Delegations, hash bins and succinct roles of a repository that python-tuf makes."""

import hashlib

from tuf_repository import place, usable  # noqa: F401 (place is a fixture)


def test_a_delegation_goes_as_far_as_it_was_given(place):
    repository, server, client = place()
    repository.delegate("devices", paths=["devices/*"])
    repository.delegate("lab", delegator="devices", paths=["devices/lab-?.bin"])
    repository.add_target("devices/a.bin", b"a", role="devices")
    repository.add_target("devices/lab-1.bin", b"lab", role="lab")
    repository.add_target("other/a.bin", b"stolen", role="devices")
    repository.publish("lab", "devices", "targets", "snapshot", "timestamp")
    client.download("devices/a.bin", "devices/lab-1.bin")
    assert (client.content("devices/a.bin"), client.content("devices/lab-1.bin")) == (b"a", b"lab")
    client.download("other/a.bin", fault="target-not-found")
    usable(repository, server, client)


def test_a_cached_role_has_no_power_by_another_delegation(place):
    repository, server, client = place()
    repository.delegate("one", paths=["one/*"])
    repository.delegate("two", paths=["two/*"])
    repository.delegate("shared", delegator="one", paths=["one/*"])
    first = repository.signers.pop("shared")
    repository.delegate("shared", delegator="two", paths=["two/*"])
    repository.signers["shared"] = first
    repository.add_target("one/a.bin", b"one", role="shared")
    repository.add_target("two/a.bin", b"two", role="shared")
    repository.publish("shared", "one", "two", "targets", "snapshot", "timestamp")
    client.download("one/a.bin", "two/a.bin", fault="unsigned")
    assert (client.content("one/a.bin"), client.content("two/a.bin")) == (b"one", None)
    # Nor by what is stored of it.
    client.download("two/a.bin", fault="unsigned")
    usable(repository, server, client)


def test_hash_bins_and_succinct_roles(place):
    repository, server, client = place()
    for digit in "0123456789abcdef":
        repository.delegate(f"bin-{digit}", path_hash_prefixes=[digit])
    for index in range(8):
        path = f"files/{index}.bin"
        repository.add_target(path, path.encode(), role=f"bin-{hashlib.sha256(path.encode()).hexdigest()[0]}")
    repository.publish(*[f"bin-{digit}" for digit in "0123456789abcdef"], "targets", "snapshot", "timestamp")
    paths = [f"files/{index}.bin" for index in range(8)]
    client.download(*paths)
    assert [client.content(path) for path in paths] == [path.encode() for path in paths]
    usable(repository, server, client)


def test_succinct_roles(place):
    repository, server, client = place()
    bins = repository.delegate_bins(5, "bin")
    paths = [f"files/{index}.bin" for index in range(8)]
    for path in paths:
        repository.add_target(path, path.encode(), role=bins.get_role_for_target(path))
    repository.publish(*bins.get_roles(), "targets", "snapshot", "timestamp")
    client.download(*paths)
    assert [client.content(path) for path in paths] == [path.encode() for path in paths]
    usable(repository, server, client)


def test_a_chain_of_delegations_has_an_end(place):
    repository, server, client = place()
    last = "targets"
    for index in range(34):
        repository.delegate(f"r{index}", delegator=last, paths=["deep.bin"])
        last = f"r{index}"
    repository.add_target("deep.bin", b"deep", role="r31")
    repository.publish(*[f"r{index}" for index in range(34)], "targets", "snapshot", "timestamp")
    client.download("deep.bin")
    del repository.signed["r31"].targets["deep.bin"]
    repository.add_target("deep.bin", b"deeper", role="r32")
    repository.publish("r31", "r32", "targets", "snapshot", "timestamp")
    client.download("deep.bin", fault="target-not-found")
    usable(repository, server, client)
