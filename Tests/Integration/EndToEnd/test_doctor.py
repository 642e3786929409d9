"""Each thing that `corhub doctor` looks for, broken for real, and found alone."""

import functools
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from confinement import confine
from stage import PROGRAMS, Stage
from test_schemas import judge

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces and mounts")


class Patient(Stage):
    """An enrolled hub with a folder that stands for / where the doctor looks at the machine."""

    def prepare(self):
        self.root = self.folder / "root"
        for name, text in {
            "proc/1/comm": "systemd\n", "proc/sys/kernel/osrelease": "6.1.0-50-amd64\n",
            "proc/sys/kernel/version": "#1 SMP Debian 6.1.180-1\n", "etc/group": f"root:x:0:\ncorhub-dev:x:{os.getgid()}:\n",
            "etc/udev/rules.d/70-corhub.rules": "#\n", "sys/bus/usb/devices/1-1/idVendor": "1209\n",
            "sys/bus/usb/devices/1-1/idProduct": "0001\n", "sys/bus/usb/devices/1-1/busnum": "1\n",
            "sys/bus/usb/devices/1-1/devnum": "2\n", "dev/bus/usb/001/002": "",
            "sys/block/mmcblk0/device/life_time": "0x02 0x01\n",
        }.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.root / "dev/bus/usb/001/002").chmod(0o660)
        self.start_device()
        self.start_upstream()
        self.enrol()
        self.write_configuration(claims=True, devices="usb = true")
        path = self.folder / "corhub.toml"
        path.write_text(path.read_text() + "[storage]\nreserve = \"1MB\"\n")

    def run_agent(self, confinement=confine, environment=None):
        # A program of its own, so that only the agent is confined.
        log = open(self.folder / "agent.log", "ab")
        self.process = subprocess.Popen(
            [PROGRAMS / "corhub", "run", "--config", self.folder / "corhub.toml"], stderr=log,
            preexec_fn=confinement, env=environment)
        self.eventually(lambda: self.corhub("status"), "the agent answers")

    def end_agent(self):
        self.process.terminate()
        self.process.wait(20)

    def doctor(self, *arguments, prefix=(), root=None, environment=None):
        done = subprocess.run(
            [*prefix, PROGRAMS / "corhub", "doctor", "--config", self.folder / "corhub.toml", "--root",
             root or self.root, "--json", *arguments], capture_output=True, text=True, timeout=60, env=environment)
        assert done.stdout, done.stderr
        report = json.loads(done.stdout)
        judge("doctor", report)
        severities = {finding["severity"] for finding in report["findings"]}
        assert done.returncode == (1 if "problem" in severities else 2 if severities else 0)
        # Whether a time service runs is up to the machine that tests.
        return sorted({finding["code"] for finding in report["findings"]} - {"clock-not-synchronised"}), report

    def codes(self, **options):
        return self.doctor(**options)[0]


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    patient = Patient(tmp_path_factory.mktemp("patient"))
    patient.prepare()
    patient.run_agent()
    yield patient
    patient.end_agent()
    patient.close()


@pytest.fixture(autouse=True)
def sound_before_and_after(request):
    """What a test breaks is mended, and was whole: otherwise it has found something else."""
    if "patient" not in request.fixturenames:
        yield
        return
    patient = request.getfixturevalue("patient")
    assert patient.codes() == []
    yield
    assert patient.codes() == []


def test_with_a_sound_hub_nothing_is_found_and_nothing_left_out(patient):
    report = patient.doctor()[1]
    # The upstream has an address here and no name; those of names are below.
    assert report["skipped"] == ["names"]
    text = subprocess.run(
        [PROGRAMS / "corhub", "doctor", "--config", patient.folder / "corhub.toml", "--root", patient.root],
        capture_output=True, text=True, check=False).stdout
    assert text.splitlines()[-1].endswith("15 checks were made, not possible: names")


def replaced(path, text):
    before = path.read_text()
    path.write_text(text)
    return lambda: path.write_text(before)


@pytest.mark.parametrize(("name", "text", "code"), [
    ("proc/sys/kernel/osrelease", "6.1.0-55-amd64\n", "kernel-hazard"),
    ("etc/group", "corhub-dev:x:54321:\n", "device-node-group"),
    ("sys/block/mmcblk0/device/life_time", "0x02 0x0a\n", "disk-worn"),
])
def test_a_file_of_the_system_that_is_wrong_is_found(patient, name, text, code):
    mend = replaced(patient.root / name, text)
    try:
        assert patient.codes() == [code]
    finally:
        mend()


def test_a_missing_udev_rule_is_found(patient):
    rule = patient.root / "etc/udev/rules.d/70-corhub.rules"
    rule.unlink()
    try:
        assert patient.codes() == ["udev-rule-missing"]
    finally:
        rule.write_text("#\n")


def test_a_device_node_that_the_group_may_not_write_is_found(patient):
    node = patient.root / "dev/bus/usb/001/002"
    node.chmod(0o640)
    try:
        assert patient.codes() == ["device-node-group"]
    finally:
        node.chmod(0o660)


def test_bluetoothd_is_found_among_the_processes(patient):
    """A real process of this name, in the real /proc."""
    path = patient.folder / "corhub.toml"
    mend = replaced(path, path.read_text().replace("usb = true", "ble = true"))
    daemon = patient.folder / "bluetoothd"
    shutil.copy(shutil.which("sleep"), daemon)
    without = patient.codes(root="/")
    process = subprocess.Popen([daemon, "60"])
    try:
        patient.eventually(lambda: "owned-by-daemon" in patient.codes(root="/"), "bluetoothd is found")
        assert "owned-by-daemon" not in without
    finally:
        process.kill()
        process.wait()
        mend()


def test_a_broken_configuration_is_found(patient):
    path = patient.folder / "corhub.toml"
    mend = replaced(path, path.read_text() + "maxx = \"1GB\"\n")
    try:
        codes, report = patient.doctor()
        assert codes == ["configuration-invalid"]
        assert "did you mean storage.max?" in report["findings"][0]["message"]
    finally:
        mend()


def test_a_dangerous_setting_is_a_warning(patient):
    path = patient.folder / "corhub.toml"
    mend = replaced(path, path.read_text().replace("use_unclaimed = false", "use_unclaimed = true"))
    try:
        assert patient.codes() == ["configuration-dangerous"]
    finally:
        mend()


def test_a_store_that_was_set_aside_is_found(patient):
    folder = patient.folder / "hub/quarantine/store-1"
    folder.mkdir(parents=True)
    try:
        assert patient.codes() == ["store-quarantined"]
    finally:
        folder.rmdir()


def test_a_hub_that_is_not_enrolled_is_found(patient):
    file = patient.folder / "hub/identity/hub.json"
    file.rename(file.with_suffix(".away"))
    try:
        assert patient.codes() == ["not-enrolled"]
    finally:
        file.with_suffix(".away").rename(file)


def test_an_agent_without_its_sandbox_and_one_that_does_not_run_are_found(patient):
    patient.end_agent()
    try:
        assert patient.codes() == ["agent-not-running"]
        patient.run_agent(confinement=None)
        assert patient.codes() == ["sandbox-missing"]
        patient.end_agent()
        # A filter that refuses nothing is none.
        patient.run_agent(confinement=functools.partial(confine, refuses=False))
        codes, report = patient.doctor()
        assert codes == ["sandbox-missing"]
        assert report["findings"][0]["message"].endswith("not whole: system-calls, executable-memory, socket-families missing")
        patient.end_agent()
    finally:
        patient.run_agent()


def test_keys_that_are_credentials_are_the_services_and_the_doctor_says_what_it_could_not_look_at(patient, tmp_path):
    """As the service manager gives them: to the agent, and to whoever asks in its surroundings."""
    identity, credentials = patient.folder / "hub/identity", tmp_path / "credentials"
    credentials.mkdir()
    given = {**os.environ, "CREDENTIALS_DIRECTORY": str(credentials)}
    patient.end_agent()
    keys = {use: (identity / f"{use}.key").read_bytes() for use in ("tls", "signing")}
    for use in keys:
        (identity / f"{use}.key").rename(credentials / f"corhub-{use}-key")
    try:
        patient.run_agent(environment=given)
        codes, report = patient.doctor(environment=given)
        assert codes == [] and report["skipped"] == ["names"]
        codes, report = patient.doctor()
        assert codes == [] and report["skipped"] == ["enrolment", "certificates", "names", "upstream"]
        patient.end_agent()
        # With no agent that says otherwise, keys that are nowhere are lost.
        assert patient.codes() == ["agent-not-running", "identity-broken"]
        (credentials / "corhub-tls-key").write_text("no key\n")
        assert patient.codes(environment=given) == ["agent-not-running", "identity-broken"]
    finally:
        if patient.process.poll() is None:
            patient.end_agent()
        for use, key in keys.items():
            (credentials / f"corhub-{use}-key").rename(identity / f"{use}.key")
            (identity / f"{use}.key").write_bytes(key)
        patient.run_agent()


@NEEDS_ROOT
def test_root_looks_at_the_agents_identity_and_a_file_of_somebody_else_in_it_is_found(patient):
    identity = patient.folder / "hub/identity"
    files = [identity, *identity.iterdir()]
    try:
        for file in files:
            os.chown(file, 65534, 65534)
        assert patient.codes() == []
        os.chown(identity / "signing.key", 65533, 65533)
        assert patient.codes() == ["identity-broken"]
    finally:
        for file in files:
            os.chown(file, 0, 0)


@NEEDS_ROOT
def test_a_user_without_the_group_is_found(patient):
    """Somebody else asks, who may reach the socket's folder and not the socket."""
    public = pathlib.Path(tempfile.mkdtemp(prefix="corhub-doctor-"))
    public.chmod(0o755)
    try:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(public / "control.sock"))
        listener.listen()
        (public / "control.sock").chmod(0o660)
        shutil.copy(PROGRAMS / "corhub", public / "corhub")
        (public / "corhub.toml").write_text(f"[control]\nsocket = \"{public}/control.sock\"\n[hub]\nstate_directory = \"{public}/hub\"\n")
        ask = [public / "corhub", "doctor", "--config", public / "corhub.toml", "--json"]
        stranger = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        codes = [
            {finding["code"] for finding in json.loads(subprocess.run(
                [*prefix, *ask], capture_output=True, text=True, check=False).stdout)["findings"]}
            for prefix in (stranger, [])]
        assert codes[0] - codes[1] == {"group-missing"}
    finally:
        listener.close()
        shutil.rmtree(public)


@NEEDS_ROOT
def test_a_disk_that_is_nearly_full_or_read_only_is_found(tmp_path):
    state = tmp_path / "disk"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", state], check=True)
    try:
        configuration = tmp_path / "corhub.toml"
        configuration.write_text(
            f"[hub]\nstate_directory = \"{state}\"\n[control]\nsocket = \"{tmp_path}/s\"\n[storage]\nreserve = \"8MB\"\n")

        def codes():
            done = subprocess.run(
                [PROGRAMS / "corhub", "doctor", "--config", configuration, "--json"], capture_output=True, text=True,
                check=False)
            return {finding["code"] for finding in json.loads(done.stdout)["findings"]}

        whole = codes()
        (state / "filler").write_bytes(bytes(60_000_000))
        assert codes() - whole == {"disk-nearly-full"}
        subprocess.run(["mount", "-o", "remount,ro", state], check=True)
        assert codes() - whole == {"disk-read-only"}
    finally:
        subprocess.run(["umount", state], check=True)


def test_a_clock_that_was_not_set_and_a_certificate_near_its_end_are_found(patient, clock):
    ends = [c["end_ms"] / 1000 for c in patient.corhub("status")["certificates"]]
    now = time.time()
    clock.stands(min(ends) - 3600 - now)
    assert "certificate-near-end" in patient.codes(environment=clock.environment)
    clock.stands(max(ends) + 3600 - now)
    assert "certificate-ended" in patient.codes(environment=clock.environment)
    clock.stands(86_400 - now)
    found = patient.codes(environment=clock.environment)
    assert "clock-not-set" in found and "certificate-ended" not in found


@pytest.fixture
def in_place_of_the_upstream(patient):
    """Ends the upstream, and starts it again after the test."""
    patient.upstream.kill()
    yield patient.upstream_port
    patient.start_upstream()
    patient.eventually(lambda: patient.codes() == [], "the upstream answers again")


def test_an_upstream_that_is_away_is_found(patient, in_place_of_the_upstream):
    assert patient.codes() == ["upstream-unreachable"]


def test_a_captive_portal_is_found(patient, in_place_of_the_upstream):
    class Portal(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "http://portal.example/login")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", in_place_of_the_upstream), Portal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert patient.codes() == ["captive-portal"]
    finally:
        server.shutdown()
        server.server_close()


def test_a_proxy_that_opens_tls_is_found(patient, in_place_of_the_upstream, tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out",
         tmp_path / "cert.pem"], check=True, capture_output=True)
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{in_place_of_the_upstream}", "-cert", tmp_path / "cert.pem", "-key",
         tmp_path / "key.pem", "-www", "-quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        patient.eventually(lambda: patient.codes() == ["tls-not-trusted"], "the other authority is found")
    finally:
        server.kill()
        server.wait()


DNS_SERVER = pathlib.Path(__file__).with_name("dns_server.py")


@NEEDS_ROOT
@pytest.mark.parametrize(("answer", "found"), [
    ("none", {"dns-failed"}), ("127.0.0.9", {"dns-wrong", "upstream-unreachable"}), ("192.0.2.1", {"upstream-unreachable"})])
def test_a_dns_server_that_lies_or_knows_nothing_is_found(patient, tmp_path, answer, found):
    """In a network and a mount namespace of its own, with a DNS server of its own."""
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    names = tmp_path / "nsswitch.conf"
    names.write_text("hosts: dns\n")
    file = patient.folder / "hub/identity/hub.json"
    mend = replaced(file, file.read_text().replace("127.0.0.1", "upstream.test"))
    try:
        prefix = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c",
                  f"mount --bind {resolver} /etc/resolv.conf && mount --bind {names} /etc/nsswitch.conf && exec \"$@\"",
                  "sh", sys.executable, DNS_SERVER, answer]
        assert set(patient.codes(prefix=prefix)) == found
    finally:
        mend()
