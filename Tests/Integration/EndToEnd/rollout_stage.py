"""A hub with its agent, a virtual device, and a repository of firmware that python-tuf makes on a server that can lie."""

import datetime
import hashlib
import json
import time

from tuf_repository import Repository, Server

MODEL = "COR One (virtual)"
IMAGE = b"an image of no device: only its metadata matter here" * 40
ROLES = ("targets", "snapshot", "timestamp")


def utc(seconds=0):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def rollout(identifier, release, **changes):
    return {
        "id": identifier, "release": release, "state": "running",
        "stages": [{"threshold": 10_000, "earliest": utc(-3600), "soak_s": 0, "opened": utc(-1800)}],
        "window": "maintenance", "consent": "automatic", "downgrade": False,
        "failure_limit": {"per_10000": 200, "attempted_min": 20, "failed_max": 50}, "expires": utc(86_400), **changes}


class Publisher:
    """A repository with releases and rollouts in the shape of firmware-specs/rollouts.md."""

    def __init__(self, **options):
        self.repository = Repository(**options)
        self.server = Server(self.repository)

    def release(self, version, data=IMAGE, **changes):
        path = f"releases/{MODEL}/{version}/image.bin"
        self.repository.add_target(path, data)
        self.repository.targets.targets[path].unrecognized_fields["custom"] = {
            "format": "corhub-release/1", "model": MODEL, "version": version, "hardware_revisions": ["V1"],
            "security_counter": 1, "from_versions": [], "battery_min": 30, "must_pass_through": [],
            "image_hash": hashlib.sha256(data).hexdigest(), **changes}

    def rollouts(self, *rollouts, **changes):
        document = {"format": "corhub-rollouts/1", "model": MODEL, "rollouts": list(rollouts), **changes}
        self.repository.add_target(f"rollouts/{MODEL}.json", json.dumps(document).encode())

    def publish(self, *roles):
        self.repository.publish(*(roles or ROLES))

    def close(self):
        self.server.close()


class Hub:
    """The agent on a stage, with this publisher's repository."""

    def __init__(self, stage, publisher, interval="24h", environment=None, image_key=None, faults=(), claims=False):
        self.stage, self.publisher = stage, publisher
        self.root = stage.folder / "firmware-root.json"
        self.root.write_bytes(publisher.repository.first_root)
        extra = ""
        if image_key:
            keys = stage.folder / "image-keys"
            keys.mkdir()
            (keys / "maker.pem").write_bytes(image_key.read_bytes())
            extra = f'image_keys = "{keys}"\nproof_time = "2s"\n'
        stage.start_device()
        for fault in faults:
            stage.device.say({"do": "fault", "name": fault})
        stage.start_upstream()
        stage.enrol()
        stage.write_configuration(extra=(
            f'[firmware]\nrepository = "{publisher.server.url}"\nroot = "{self.root}"\ncheck_interval = "{interval}"\n{extra}'), claims=claims)
        stage.start_agent(environment)
        if not claims:
            stage.eventually(lambda: self.device(), "the device is known")

    def device(self):
        """What `rollout show` says of the device; None while it is not known."""
        devices = self.stage.corhub("rollout", "show")["devices"]
        return devices[0] if devices else None

    def check(self, fault=None):
        """Reads the metadata; `fault` is the code of the failure that is expected."""
        passing = ("unreachable", "download-status", "slow-retrieval", "storage")
        status = 0 if fault is None else 75 if fault in passing else 1
        done = self.stage.command(
            "corhub", "firmware", "check", "--socket", self.stage.socket, "--json", status=None)
        assert done.returncode == status, f"{fault}: {done.returncode} {done.stdout} {done.stderr}"
        answer = json.loads(done.stdout or done.stderr)
        if fault is not None:
            assert answer["error"]["code"] == fault, answer
        return answer

    def offer(self):
        device = self.device()
        return device["offer"] and device["offer"]["version"]

    def await_offer(self, version):
        self.stage.eventually(lambda: self.offer() == version, f"{version} is offered, and not {self.device()}")

    def reasons(self, identifier):
        [found] = [one for one in self.device()["rollouts"] if one["id"] == identifier]
        return [reason["code"] for reason in found["reasons"]]

    def old_firmware_runs(self):
        """The agent works with the device, which runs what it ran."""
        [device] = self.stage.corhub("device", "list")["devices"]
        assert device["firmware"] == "1.0.0", device
        [link] = self.stage.corhub("status")["links"]
        assert link["state"] == "connected", link

    def usable(self):
        """The store takes the next honest state, and offers what is new in it."""
        self.old_firmware_runs()
        self.publisher.server.lies.clear()
        number = int(time.time()) % 60_000
        version = f"1.9.{number}+0"
        self.publisher.release(version, IMAGE + version.encode())
        self.publisher.rollouts(rollout("recovery", version))
        self.publisher.publish()
        self.check()
        self.await_offer(version)
        self.old_firmware_runs()
