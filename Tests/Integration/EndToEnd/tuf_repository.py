"""A TUF repository that python-tuf makes, on a web server that can lie, and the hub's client in front of it."""

import datetime
import http.server
import subprocess
import threading
import time
import urllib.parse

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Delegations, DelegatedRole, Metadata, MetaFile, Root, Snapshot, SuccinctRoles, TargetFile, Targets, Timestamp)

from stage import PROGRAMS

TOP_LEVEL = ("root", "targets", "snapshot", "timestamp")


class Repository:
    """Everything that was published, by the name of its file, and the keys of all roles."""

    def __init__(self, consistent=True, hashes=False, signer=CryptoSigner.generate_ed25519):
        self.new_signer = signer
        self.hashes = hashes
        self.expiry = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=30)
        self.signed = {
            "root": Root(expires=self.expiry, consistent_snapshot=consistent), "targets": Targets(expires=self.expiry),
            "snapshot": Snapshot(expires=self.expiry), "timestamp": Timestamp(expires=self.expiry)}
        for content in self.signed.values():
            content.version = 0
        self.signers = {}
        self.files = {}
        self.target_files = {}
        for role in TOP_LEVEL:
            self.add_key(role)
        self.publish()
        self.first_root = self.files["1.root.json"]

    @property
    def root(self):
        return self.signed["root"]

    @property
    def targets(self):
        return self.signed["targets"]

    def add_key(self, role, delegator=None):
        signer = self.new_signer()
        self.signers.setdefault(role, []).append(signer)
        (delegator or self.root).add_key(signer.public_key, role)

    def rotate(self, role):
        for signer in self.signers.pop(role):
            self.root.revoke_key(signer.public_key.keyid, role)
        self.add_key(role)

    def bytes_of(self, role, signers=None):
        metadata = Metadata(self.signed[role])
        for signer in self.signers[role] if signers is None else signers:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def publish(self, *roles, signers=None, bump=True):
        """Signs and publishes, and names each role in the next one's list."""
        for role in roles or TOP_LEVEL:
            content = self.signed[role]
            content.version += bump
            data = self.bytes_of(role, signers)
            name = urllib.parse.quote(role, "")
            if role == "root" or (self.root.consistent_snapshot and role != "timestamp"):
                self.files[f"{content.version}.{name}.json"] = data
            if role != "root" and not (self.root.consistent_snapshot and role != "timestamp"):
                self.files[f"{name}.json"] = data
            entry = MetaFile.from_data(content.version, data, ["sha256"]) if self.hashes else MetaFile(content.version)
            if role == "snapshot":
                self.signed["timestamp"].snapshot_meta = entry
            elif role not in TOP_LEVEL or role == "targets":
                self.signed["snapshot"].meta[f"{role}.json"] = entry

    def add_target(self, path, data, role="targets", algorithms=("sha256",)):
        target = TargetFile.from_data(path, data, list(algorithms))
        self.signed[role].targets[path] = target
        for prefixed in target.get_prefixed_paths():
            self.target_files[prefixed if self.root.consistent_snapshot else path] = data

    def delegate(self, name, delegator="targets", terminating=False, **paths):
        """A role of its own key, for `paths` or `path_hash_prefixes`."""
        parent = self.signed[delegator]
        if parent.delegations is None:
            parent.delegations = Delegations({}, {})
        parent.delegations.roles[name] = DelegatedRole(name, [], 1, terminating, **paths)
        self.signed[name] = Targets(expires=self.expiry)
        self.signed[name].version = 0
        self.add_key(name, parent)

    def delegate_bins(self, bits, prefix):
        signer = self.new_signer()
        bins = SuccinctRoles([], 1, bits, prefix)
        self.targets.delegations = Delegations({}, None, bins)
        self.targets.add_key(signer.public_key)
        for name in bins.get_roles():
            self.signed[name] = Targets(expires=self.expiry)
            self.signed[name].version = 0
            self.signers[name] = [signer]
        return bins


class Server:
    """Serves a repository on the loopback. `lies` maps a file's name to what is answered instead: bytes, or a function of the
    handler; names that were asked for are in `asked`."""

    def __init__(self, repository):
        self.repository = repository
        self.lies = {}
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                kind, _, name = self.path.lstrip("/").partition("/")
                outer.asked.append(name)
                answer = outer.lies.get(name)
                if callable(answer):
                    answer(self)
                    return
                files = outer.repository.files if kind == "metadata" else outer.repository.target_files
                if kind == "targets":
                    name = urllib.parse.unquote(name)
                data = answer if answer is not None else files.get(name)
                self.send_response(404 if data is None else 200)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()


class Client:
    """The hub's client with a store of its own."""

    def __init__(self, folder, server):
        self.server = server
        self.metadata = folder / "metadata"
        self.targets = folder / "targets"
        self.targets.mkdir()
        root = folder / "root.json"
        root.write_bytes(server.repository.first_root)
        self.run("init", root)

    def run(self, *arguments, options=(), status=0, days=0):
        """What is said on standard error."""
        environment = {"TUF_UPDATE_START_TIME": str(int(time.time()) + days * 86_400)}
        done = subprocess.run(
            [PROGRAMS / "tuf-client", "--metadata-dir", self.metadata, *options, *arguments], capture_output=True, text=True,
            timeout=60, env=environment)
        assert done.returncode == status, f"{arguments}: {done.returncode} {done.stderr}"
        return done.stderr

    def refresh(self, fault=None, days=0):
        """Refreshes; `fault` is the code of the failure that is expected."""
        said = self.run("refresh", options=["--metadata-url", f"{self.server.url}/metadata"], status=1 if fault else 0, days=days)
        assert fault is None or said.startswith(f"tuf-client: {fault}:"), said

    def download(self, *paths, fault=None):
        names = [option for path in paths for option in ("--target-name", path)]
        said = self.run(
            "download", status=1 if fault else 0, options=[
                "--metadata-url", f"{self.server.url}/metadata/", "--target-base-url", f"{self.server.url}/targets",
                "--target-dir", self.targets, *names])
        assert fault is None or said.startswith(f"tuf-client: {fault}:"), said

    def content(self, path):
        file = self.targets / urllib.parse.quote(path, "")
        return file.read_bytes() if file.exists() else None

    def version(self, role):
        file = self.metadata / f"{urllib.parse.quote(role, '')}.json"
        return Metadata.from_file(str(file)).signed.version if file.exists() else None

    def versions(self):
        return {role: self.version(role) for role in TOP_LEVEL}


@pytest.fixture
def place(tmp_path):
    servers = []

    def make(**options):
        repository = Repository(**options)
        server = Server(repository)
        servers.append(server)
        return repository, server, Client(tmp_path, server)

    yield make
    for server in servers:
        server.close()


def usable(repository, server, client):
    """The store takes the next honest state, and finds a new target in it."""
    server.lies.clear()
    content = f"firmware at {time.monotonic()}".encode()
    repository.add_target("devices/next.bin", content)
    repository.publish("targets", "snapshot", "timestamp")
    client.download("devices/next.bin")
    assert client.content("devices/next.bin") == content
    assert client.versions() == {role: repository.signed[role].version for role in ("root", "targets", "snapshot", "timestamp")}
