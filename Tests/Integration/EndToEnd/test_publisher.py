"""What `corhub-upstream` publishes, judged by python-tuf, by the hub's own client and by the hub."""

import fcntl
import http.server
import json
import pathlib
import shlex
import subprocess
import sys
import threading

import pytest
from tuf.api.metadata import Metadata
from tuf.ngclient import Updater

from rollout_stage import MODEL, Hub
from stage import PROGRAMS, ROOT
from test_registration import SERIAL, Ceremony, await_state, claim
from test_schemas import judge

RELEASES = ROOT / "firmware-specs/releases"


class Place:
    """A publisher with its keys, an image maker, and a plain web server over the repository's folder."""

    def __init__(self, folder):
        self.folder = folder
        self.repository, self.offline, self.online = folder / "firmware", folder / "stick", folder / "keys"
        self.key = folder / "maker.pem"
        self.public = folder / "maker.pub.pem"
        self.imgtool("keygen", "-k", self.key, "-t", "ed25519")
        self.public.write_bytes(self.imgtool("getpub", "-k", self.key, "-e", "pem"))
        self.run("firmware", "keys", "init", "--repository", self.repository, "--offline", self.offline, "--online", self.online)
        outer = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(outer.repository))

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def imgtool(self, *words):
        done = subprocess.run([sys.executable, "-m", "imgtool.main", *map(str, words)], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *words, status=0):
        done = subprocess.run(
            [PROGRAMS / "corhub-upstream", *map(str, words), "--json"], capture_output=True, text=True, timeout=60)
        assert done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()] if status == 0 else done.stderr

    def image(self, version, counter, key=None, payload=b"firmware"):
        source, target = self.folder / "payload.bin", self.folder / f"image-{version}.bin"
        source.write_bytes(payload * 500)
        self.imgtool(
            "sign", "-k", key or self.key, "--version", version, "--security-counter", str(counter), "--header-size", "0x200",
            "--pad-header", "--slot-size", "0x40000", "--align", "8", source, target)
        return target

    def both(self):
        return ["--repository", self.repository, "--keys", self.offline, "--keys", self.online]

    def daily(self):
        """What is possible on the publishing machine."""
        return ["--repository", self.repository, "--keys", self.online]

    def add(self, description, image, status=0):
        return self.run(
            "release", "add", RELEASES / description, "--image", image, "--image-key", self.public, *self.both(), status=status)

    def add_all(self):
        self.add("cor-one-virtual-1.1.0.yaml", self.image("1.1.0", 1))
        self.add("cor-one-virtual-1.2.0.yaml", self.image("1.2.0", 2))

    def rollout(self, verb, identifier, *more, status=0):
        return self.run("rollout", verb, identifier, "--model", MODEL, *more, *self.daily(), status=status)

    def create(self, identifier, release, *more, status=0):
        stages = [] if "--stage" in more else ["--stage", "10000:0s"]
        return self.rollout("create", identifier, "--release", release, *stages, *more, status=status)

    def python_tuf(self, name="python"):
        """A client of python-tuf whose trust began with the first root, as a fresh refresh leaves it."""
        store = self.folder / name
        (store / "targets").mkdir(parents=True, exist_ok=True)
        updater = Updater(
            metadata_dir=str(store), metadata_base_url=f"{self.url}/metadata/", target_base_url=f"{self.url}/targets/",
            target_dir=str(store / "targets"), bootstrap=(self.repository / "metadata/1.root.json").read_bytes())
        updater.refresh()
        return updater

    def document(self):
        updater = self.python_tuf()
        path = updater.download_target(updater.get_targetinfo(f"rollouts/{MODEL}.json"))
        return json.loads(pathlib.Path(path).read_text())

    def tuf_client(self, *targets):
        store = self.folder / "own"
        store.mkdir(exist_ok=True)
        (store / "targets").mkdir(exist_ok=True)
        base = [PROGRAMS / "tuf-client", "--metadata-dir", store / "metadata"]
        if not (store / "metadata").exists():
            subprocess.run([*base, "init", self.repository / "metadata/1.root.json"], check=True, timeout=30)
        names = [word for target in targets for word in ("--target-name", target)]
        done = subprocess.run(
            [*base, "--metadata-url", f"{self.url}/metadata", "--target-base-url", f"{self.url}/targets", "--target-dir",
             store / "targets", *names, "download"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    place.close()


def test_what_is_published_is_a_repository_for_others_too(place):
    place.add_all()
    place.create("spring", "1.2.0+0", "--stage", "100:1d", "--stage", "10000:0s")
    updater = place.python_tuf()
    for version, counter in (("1.1.0", 1), ("1.2.0", 2)):
        target = updater.get_targetinfo(f"releases/{MODEL}/{version}+0/image.bin")
        assert pathlib.Path(updater.download_target(target)).read_bytes() == (place.folder / f"image-{version}.bin").read_bytes()
        assert target.unrecognized_fields["custom"]["security_counter"] == counter
    [rollout] = place.document()["rollouts"]
    assert rollout["id"] == "spring" and ["opened" in stage for stage in rollout["stages"]] == [True, False]
    place.tuf_client(f"releases/{MODEL}/1.2.0+0/image.bin", f"rollouts/{MODEL}.json")


def test_every_key_rotates_and_clients_follow(place):
    place.add_all()
    place.create("spring", "1.1.0+0")
    place.python_tuf()
    place.tuf_client(f"rollouts/{MODEL}.json")
    for role in ("timestamp", "snapshot", "rollouts", "targets", "root", "root"):
        place.run("firmware", "keys", "rotate", role, *place.both())
        assert place.document()["rollouts"][0]["id"] == "spring"
        place.tuf_client(f"rollouts/{MODEL}.json", f"releases/{MODEL}/1.1.0+0/image.bin")
    assert len(list(place.offline.glob("*.retired"))) == 3 and len(list(place.online.glob("*.retired"))) == 3
    # The new keys are good for everything.
    place.rollout("pause", "spring")
    assert place.document()["rollouts"][0]["state"] == "paused"


def test_the_publishing_machine_alone_makes_no_release_and_no_root(place):
    place.add_all()
    image = place.image("1.1.0", 1)
    said = place.run("release", "add", RELEASES / "cor-one-virtual-1.1.0.yaml", "--image", image, "--image-key", place.public,
                     *place.daily(), status=1)
    assert "is there already" in said
    other = place.folder / "other.yaml"
    other.write_text((RELEASES / "cor-one-virtual-1.1.0.yaml").read_text().replace("1.1.0+0", "1.1.5+0"))
    said = place.run("release", "add", other, "--image", place.image("1.1.5", 1), "--image-key", place.public, *place.daily(),
                     status=1)
    assert "targets wants 1 of its keys" in said
    said = place.run("firmware", "keys", "rotate", "timestamp", *place.daily(), status=1)
    assert "root wants 1 of its keys" in said
    # Nothing of it was published.
    place.python_tuf()
    place.tuf_client(f"releases/{MODEL}/1.1.0+0/image.bin")


def test_a_threshold_of_the_root_holds(tmp_path):
    folder = tmp_path / "two"
    folder.mkdir()
    words = ["--repository", folder / "firmware", "--offline", folder / "stick", "--online", folder / "keys"]
    subprocess.run([PROGRAMS / "corhub-upstream", "firmware", "keys", "init", *words, "--root-keys", "3", "--root-threshold", "2"],
                   check=True, timeout=30)
    root = Metadata.from_file(str(folder / "firmware/metadata/1.root.json"))
    assert root.signed.roles["root"].threshold == 2 and len(root.signed.roles["root"].keyids) == 3
    root.verify_delegate("root", root)


@pytest.mark.parametrize("change, said", [
    (dict(version="1.1.1"), "it has version"), (dict(counter=2), "it has security counter"),
    (dict(key="another"), "key-not-allowed")])
def test_an_image_that_is_not_the_one_described_is_not_offered(place, change, said):
    key = None
    if change.pop("key", None):
        key = place.folder / "another.pem"
        place.imgtool("keygen", "-k", key, "-t", "ed25519")
    image = place.image(**{"version": "1.1.0", "counter": 1, "key": key, **change})
    assert said in place.add("cor-one-virtual-1.1.0.yaml", image, status=1)
    broken = bytearray(place.image("1.1.0", 1).read_bytes())
    broken[600] ^= 1
    spoiled = place.folder / "spoiled.bin"
    spoiled.write_bytes(broken)
    assert "hash-wrong" in place.add("cor-one-virtual-1.1.0.yaml", spoiled, status=1)


def test_what_may_be_done_with_a_rollout(place):
    place.add_all()
    assert "is not known" in place.create("early", "1.9.0+0", status=1)
    place.create("spring", "1.2.0+0", "--stage", "100:0s", "--stage", "10000:0s")
    assert "is there already" in place.create("spring", "1.2.0+0", status=1)
    place.rollout("pause", "spring")
    assert "is paused" in place.rollout("advance", "spring", status=1)
    place.rollout("resume", "spring")
    place.rollout("advance", "spring")
    assert "all stages are open" in place.rollout("advance", "spring", status=1)
    # Devices are not taken down while a rollout leads up.
    assert "abort it" in place.create("back", "1.1.0+0", "--downgrade", status=1)
    place.rollout("abort", "spring")
    assert "for good" in place.rollout("resume", "spring", status=1)
    place.create("back", "1.1.0+0", "--downgrade")
    assert [(one["id"], one["state"]) for one in place.document()["rollouts"]] == [("back", "running"), ("spring", "aborted")]


def test_a_refresh_is_a_new_timestamp(place):
    before = json.loads((place.repository / "metadata/timestamp.json").read_text())["signed"]["version"]
    place.run("firmware", "refresh", *place.daily())
    assert json.loads((place.repository / "metadata/timestamp.json").read_text())["signed"]["version"] == before + 1
    place.python_tuf()


def test_the_hub_goes_step_by_step_and_stops_when_the_rollout_pauses(place, stage):
    """The whole way: publisher, plain web server, hub."""
    place.add_all()
    place.create("spring", "1.2.0+0")

    hub = Hub(stage, published(place))
    hub.check()
    hub.await_offer("1.1.0+0")
    assert hub.device()["offer"]["is_step"]
    judge("rollouts", stage.corhub("rollout", "show"))
    judge("releases", stage.corhub("firmware", "list"))
    [model] = stage.corhub("firmware", "list")["models"]
    assert [release["version"] for release in model["releases"]] == ["1.1.0+0", "1.2.0+0"]
    place.rollout("pause", "spring")
    hub.check()
    stage.eventually(lambda: hub.offer() is None, "the offer is taken back")
    assert hub.reasons("spring") == ["paused"]
    text = stage.command("corhub", "rollout", "show", "--socket", stage.socket).stdout
    assert "the rollout is paused" in text and "place" in text


def published(place):
    """What `Hub` wants to know of a repository."""
    class Published:
        class server:
            url = place.url

        class repository:
            first_root = (place.repository / "metadata/1.root.json").read_bytes()

    return Published


def test_a_rollout_ends_in_a_confirmed_image_and_a_report(place, stage):
    """From the publisher's command to the device that runs the release, and back to the gate."""
    place.add_all()
    place.create("spring", "1.1.0+0", "--any-time", "--stage", "1:0s", "--stage", "10000:0s", "--attempted-min", "1")
    place.rollout("advance", "spring")
    hub = Hub(stage, published(place), image_key=place.public, claims=True)
    # What is nobody's is another household's as likely as ours.
    await_state(stage, "unclaimed")
    hub.check()
    assert hub.device() is None
    claim(stage, stage.device)
    stage.eventually(
        lambda: stage.corhub("device", "list")["devices"][0]["firmware"] == "1.1.0", "the device runs the release", 90)
    stage.eventually(lambda: hub.reasons("spring") == ["up-to-date"], "the hub knows it")
    words = ["rollout", "status", "--model", MODEL, "--state", stage.folder / "upstream", "--repository", place.repository]
    [found] = stage.eventually(
        lambda: (found := place.run(*words)) and found[0]["attempted"] == 1 and found, "the report is upstream")
    assert (found["failed"], found["gate"], found["reason"]) == (0, "hold", "all-open")
    entries = [e for e in stage.corhub("audit", "show", "--limit", "200")["entries"] if e["type"] == "firmware"]
    assert {"offered 1.1.0+0"} <= {entry["detail"] for entry in entries}
    assert "spring" in {entry["remote_command"] for entry in entries}
    ceremony = Ceremony(stage, "unpair", SERIAL, "--yes")
    ceremony.end()
    stage.eventually(lambda: hub.device() is None, "what was let go is reached no more")


def test_a_rollout_that_asks_waits_for_a_person(place, stage):
    place.add_all()
    place.create("spring", "1.1.0+0", "--any-time", "--ask")
    hub = Hub(stage, published(place), image_key=place.public)
    hub.check()
    update = lambda: stage.corhub("firmware", "status")["updates"][0]
    stage.eventually(lambda: [r["code"] for r in update()["waits_for"]] == ["consent-missing"], "it asks")
    text = stage.command("corhub", "firmware", "status", "--socket", stage.socket).stdout
    assert "corhub firmware resume" in text, text
    codes = lambda: [reason["code"] for reason in update()["waits_for"]]

    def restart():
        """Offers are taken back until a receipt says that the clock is right, and then made again."""
        assert stage.agent.end() == 0
        stage.start_agent()
        stage.measure()
        stage.await_receipts()

    # Nobody agrees by a restart, and who has agreed need not do so again behind the next.
    restart()
    stage.eventually(lambda: codes() == ["consent-missing"], "it asks still")
    stage.corhub("inhibit", "add", "guests")
    stage.corhub("firmware", "resume")
    stage.eventually(lambda: codes() == ["inhibited"], "somebody has agreed")
    restart()
    stage.eventually(lambda: codes() == ["inhibited"], "it is remembered who has agreed")
    stage.corhub("inhibit", "remove", "guests")
    stage.eventually(lambda: update()["phase"] == "confirmed", "the device runs the release", 90)
    orders = [e for e in stage.corhub("audit", "show", "--limit", "200")["entries"] if e["detail"] == "resume: 1.1.0+0"]
    assert len(orders) == 1 and orders[0]["actor"] == "control", orders


def test_the_gate_pauses_what_fails(place, stage):
    place.add_all()
    place.create("spring", "1.1.0+0", "--any-time", "--attempted-min", "1", "--failed-max", "1")
    hub = Hub(stage, published(place), image_key=place.public, faults=["trial-self-test"])
    watch = stage.start(
        "corhub-upstream", "rollout", "status", "--model", MODEL, "--state", stage.folder / "upstream", "--json", "--watch", "1",
        *place.daily())
    hub.check()
    told = watch.lines.get(timeout=20)
    assert (told["gate"], told["attempted"]) == ("hold", 0)
    while told["gate"] != "pause":
        told = watch.lines.get(timeout=90)
    assert (told["state"], told["failed"], told["reason"]) == ("paused", 1, "failed-max")
    assert place.document()["rollouts"][0]["state"] == "paused"
    assert stage.corhub("device", "list")["devices"][0]["firmware"] == "1.0.0"
    hub.check()
    stage.eventually(lambda: hub.reasons("spring") == ["paused"], "the hub knows it")


def test_a_gate_beside_another_publisher_says_try_again(place, tmp_path):
    """A timer that meets a person who publishes: 75, nothing is changed, and the next pass does it."""
    place.add_all()
    place.create("spring", "1.1.0+0", "--stage", "1:0s", "--stage", "10000:0s", "--attempted-min", "1")
    place.run("init", tmp_path / "upstream", "--environment", "test")
    words = ["rollout", "gate", "--model", MODEL, "--state", tmp_path / "upstream", *place.daily()]
    before = sorted((file.name, file.read_bytes()) for file in (place.repository / "metadata").iterdir())
    with open(place.repository / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another publisher works on" in place.run(*words, status=75)
    assert sorted((file.name, file.read_bytes()) for file in (place.repository / "metadata").iterdir()) == before
    [held] = place.run(*words)
    assert (held["rollout"], held["gate"], held["acted"]) == ("spring", "hold", False)


def test_the_upstream_serves_the_repository(place, stage):
    """HTTPS by the pinned authority, whole files and ranges, and nothing beside the repository."""
    place.add_all()
    stage.start_device()
    stage.command("corhub-upstream", "init", stage.folder / "upstream", "--environment", "test")
    stage.upstream = stage.start(
        "corhub-upstream", "serve", "--state", stage.folder / "upstream", "--listen", "127.0.0.1:0", "--device-ca",
        stage.folder / "device-ca" / "device-ca.pem", "--firmware", place.repository, "--json")
    stage.url = stage.upstream.await_event("ready")["url"]

    def get(path, *options):
        done = subprocess.run(
            ["curl", "--silent", "--path-as-is", "--cacert", stage.folder / "upstream/ca.pem", "--write-out", "%{http_code}",
             "--output", stage.folder / "got", *options, stage.url + path], capture_output=True, timeout=30)
        return int(done.stdout), (stage.folder / "got").read_bytes()

    timestamp = (place.repository / "metadata/timestamp.json").read_bytes()
    assert get("/firmware/metadata/timestamp.json") == (200, timestamp)
    assert get("/firmware/metadata/timestamp.json", "--range", "5-9") == (206, timestamp[5:10])
    assert get("/firmware/metadata/timestamp.json", "--range", "99999999-")[0] == 416
    for path in ("/firmware/metadata/../../upstream/ca.key", "/firmware/metadata/%2e%2e/.lock", "/firmware/.lock", "/firmware/metadata/",
                 "/firmware/metadata", "/firmware/%2e%2e/upstream/ca.key", "/firmware/metadata/no.json"):
        assert get(path)[0] == 404, path


def test_the_transcript_of_the_documentation_is_what_can_be_typed(tmp_path):
    """docs/upstream.md, "Publishing firmware": each line, in its order, from nothing."""
    text = (ROOT / "docs/upstream.md").read_text().split("## Publishing firmware")[1].split("```sh\n")[1].split("```")[0]
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) >= 8
    (tmp_path / "made").mkdir()
    maker = Place(tmp_path / "made")
    try:
        (tmp_path / "image-1.1.0.bin").write_bytes(maker.image("1.1.0", 1).read_bytes())
        (tmp_path / "maker.pub.pem").write_bytes(maker.public.read_bytes())
    finally:
        maker.close()
    (tmp_path / "firmware-specs").symlink_to(ROOT / "firmware-specs")
    for line in ["corhub-upstream init state --environment test", *lines]:
        program, *words = shlex.split(line)
        done = subprocess.run([PROGRAMS / program, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{line}: {done.stderr}"
