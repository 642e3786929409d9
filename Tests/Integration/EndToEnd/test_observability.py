"""Metrics, logs, reloading, the support file: real promtool, a journal's socket, canaries in every input."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tarfile
import threading
import urllib.error
import urllib.request

import pytest

from stage import PROGRAMS, ROOT
from test_schemas import judge

CANARIES = {"subject": "canary-subject-7f3a", "name": "Canary Kitchen", "serial": "COR1-CANARY-1", "later": "canary-person-9b"}
MONITORING = ROOT / "packaging/monitoring"


def promtool(*arguments, text=None):
    tool = shutil.which("promtool", path=f"{ROOT / '.build-tools/bin'}:{os.environ['PATH']}")
    assert tool, "scripts/setup fetches promtool"
    return subprocess.run([tool, *arguments], input=text, capture_output=True, text=True, check=False)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Journal:
    """A socket as journald has it, and the entries that came."""

    def __init__(self, path):
        self.path, self.entries, self.bytes = path, [], b""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            datagram = self.socket.recv(1 << 16)
            self.bytes += datagram
            self.entries.append(self.parsed(datagram))

    @staticmethod
    def parsed(data):
        fields = {}
        while data:
            line, data = data.split(b"\n", 1)
            if b"=" in line:
                name, value = line.split(b"=", 1)
            else:
                name, (length,) = line, struct.unpack("<Q", data[:8])
                value, data = data[8:8 + length], data[8 + length + 1:]
            fields[name.decode()] = value.decode()
        return fields


def metric(text, name):
    return {match[1]: float(match[2]) for match in re.finditer(rf"^{name}(\{{.*\}})? (\S+)$", text, re.MULTILINE)}


@pytest.fixture
def planted(stage):
    """A hub with a name, a subject and a serial number that must come out nowhere, and one reading of each."""
    stage.start_device(serial=CANARIES["serial"])
    stage.start_upstream()
    stage.enrol()
    path = stage.write_configuration()
    stage.port = free_port()
    path.write_text(path.read_text().replace("subject-0001", CANARIES["subject"])
                    + f"[metrics]\nport = {stage.port}\n[log]\nlevel = \"debug\"\nformat = \"journal\"\n")
    stage.journal = Journal(stage.folder / "journal.sock")
    stage.start_agent({**os.environ, "CORHUB_JOURNAL_SOCKET": str(stage.journal.path)})
    stage.measure()
    stage.await_readings(1)
    stage.corhub("device", "rename", CANARIES["serial"], CANARIES["name"])
    stage.corhub("device", "assign", CANARIES["serial"], CANARIES["later"])
    stage.await_receipts()
    return stage


def test_metrics_logs_and_the_support_file_hold_no_person(planted):
    text = planted.command("corhub", "metrics", "--socket", planted.socket).stdout
    # promtool knows the rules of names, types and help.
    checked = promtool("check", "metrics", text=text)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert metric(text, "corhub_events_total")['{event="result"}'] == 1
    assert metric(text, "corhub_device_links")['{link="udp",state="connected"}'] == 1
    assert 2e8 > metric(text, "process_resident_memory_bytes")[None] > 1e6
    with urllib.request.urlopen(f"http://127.0.0.1:{planted.port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        scraped = answer.read().decode()
    assert set(re.findall(r"^# TYPE (\S+)", scraped, re.MULTILINE)) == set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    # The open port answers nothing else: neither another path nor a change.
    for path, method in (("/v1/status", "GET"), ("/v1/readings", "GET"), ("/metrics", "POST"), ("/metrics?x", "GET")):
        request = urllib.request.Request(f"http://127.0.0.1:{planted.port}{path}", method=method)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 404, path

    entries = planted.journal.entries
    ready = next(entry for entry in entries if entry["MESSAGE"].startswith("ready"))
    assert (ready["PRIORITY"], ready["SYSLOG_IDENTIFIER"], ready["CORHUB_HUB"]) == ("6", "corhub", "hub-0001")

    out = planted.folder / "diag.tar"
    told = planted.corhub("diag", "collect", "--out", out, "--config", planted.folder / "corhub.toml")
    judge("diag", told)
    assert told["missing"] == [] and out.stat().st_mode & 0o777 == 0o600
    with tarfile.open(out) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}
    assert {f"corhub-diag/{name}" for name in told["members"]} == set(members)
    assert json.loads(members["corhub-diag/status.json"])["links"][0]["device"] == "device-1"
    assert {entry["type"] for entry in json.loads(members["corhub-diag/audit.json"])} > {"boot", "start"}
    assert b"PRIVATE KEY" not in out.read_bytes()
    keys = [path.read_bytes() for path in (planted.folder / "hub/identity").glob("*.key")]
    assert keys
    for kind, canary in CANARIES.items():
        assert canary.encode() not in out.read_bytes(), (kind, "support file")
        assert canary not in text and canary not in scraped, (kind, "metrics")
        # Which device it is stands in the log; whose it is does not.
        if kind != "serial":
            assert canary.encode() not in planted.journal.bytes, (kind, "log")
    # The check sees what it looks for: a file that was not redacted holds them.
    assert CANARIES["serial"] in json.dumps(planted.corhub("status"))

    refused = planted.corhub("diag", "collect", "--out", out, status=4)
    assert refused["error"]["code"] == "file"


def test_rules_and_dashboard_are_sound_and_name_metrics_that_exist(stage):
    for arguments in (("check", "rules", MONITORING / "corhub-alerts.yaml"), ("test", "rules", MONITORING / "corhub-alerts.test.yaml")):
        done = promtool(*map(str, arguments))
        assert done.returncode == 0, done.stdout + done.stderr
    stage.start_all()
    stage.measure()
    stage.await_readings(1)
    known = set(re.findall(r"^# TYPE (\S+)", stage.command("corhub", "metrics", "--socket", stage.socket).stdout, re.MULTILINE))
    dashboard = json.loads((MONITORING / "corhub-dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 9
    named = set(re.findall(r"\b(?:corhub|process)_\w+", " ".join(expressions) + (MONITORING / "corhub-alerts.yaml").read_text()))
    assert named <= known | {"corhub_diag"}, named - known


def test_sighup_takes_what_may_change_and_names_what_wants_a_restart(stage):
    stage.start_all()
    path = stage.folder / "corhub.toml"
    before = stage.corhub("status")["configuration"]
    assert (before["fault"], before["waiting"]) == (None, [])
    pid = stage.agent.process.pid

    drop_ins = stage.folder / "corhub.d"
    drop_ins.mkdir()
    (drop_ins / "10-mine.toml").write_text("[retention]\nrecords = \"7d\"\n[metrics]\nport = 9999\n")
    os.kill(pid, signal.SIGHUP)
    after = stage.eventually(
        lambda: (c := stage.corhub("status")["configuration"]) and c["waiting"] and c, "the new configuration")
    assert (after["fault"], after["waiting"]) == (None, ["metrics.port"])
    assert after["hash"] != before["hash"]
    text = stage.command("corhub", "status", "--socket", stage.socket).stdout
    assert "need a restart: metrics.port" in text and text.startswith("first ")

    (drop_ins / "20-broken.toml").write_text("[retention]\nrecord = \"7d\"\n")
    os.kill(pid, signal.SIGHUP)
    broken = stage.eventually(
        lambda: (c := stage.corhub("status")["configuration"]) and c["fault"] and c, "the fault is told")
    assert broken["fault"] == f"{drop_ins}/20-broken.toml:2: unknown key retention.record, did you mean retention.records?"
    assert broken["hash"] == after["hash"] and stage.agent.process.poll() is None
    assert metric(stage.command("corhub", "metrics", "--socket", stage.socket).stdout, "corhub_configuration_faulty")[None] == 1
    assert "20-broken.toml:2" in (stage.folder / "corhub.log").read_text()
    # What runs goes on to work.
    stage.measure()
    stage.await_readings(1)

    (drop_ins / "20-broken.toml").unlink()
    (drop_ins / "10-mine.toml").unlink()
    os.kill(pid, signal.SIGHUP)
    restored = stage.eventually(
        lambda: (c := stage.corhub("status")["configuration"]) and not c["fault"] and c, "the old configuration")
    assert restored == before
    changes = [e for e in stage.corhub("audit", "show", "--limit", "1000")["entries"] if e["type"] == "configuration-change"]
    assert [entry["outcome"] for entry in changes] == ["done", "refused", "done"]
    assert path.exists()


def test_the_status_fits_one_screen_and_says_what_to_do_first(stage):
    stage.start_all()
    stage.measure()
    stage.await_receipts()
    lines = stage.command("corhub", "status", "--socket", stage.socket).stdout.splitlines()
    assert len(lines) <= 24
    assert lines[0] == "first      nothing: all is well"
    stage.upstream.kill()
    stage.measure(seed=12)
    stage.eventually(
        lambda: stage.command("corhub", "status", "--socket", stage.socket).stdout.splitlines()[0]
        == "first      the upstream does not take what waits: `corhub doctor` looks why", "the advice")


def test_monitor_ends_with_ctrl_c(stage):
    stage.start_all()
    for arguments in (["--json"], []):
        monitor = stage.start("corhub", "monitor", *arguments, "--socket", stage.socket)
        stage.eventually(lambda: stage.measure(seed=5) and not monitor.lines.empty(), "an event")
        assert monitor.end(signal.SIGINT) in (130, -signal.SIGINT)
    assert "corhub monitor" not in (stage.folder / "corhub.log").read_text()


def test_config_check_show_and_docs(stage):
    path = stage.folder / "corhub.toml"
    path.write_text("[devices]\nusb = true\nallow_remote_udp = true\n[hub]\nsubject = \"canary-subject\"\n")
    run = lambda *arguments, status=0: stage.command("corhub", "config", *arguments, status=status)
    sound = run("check", path)
    assert sound.stdout.splitlines() == [
        f"{path}:3: dangerous: devices.allow_remote_udp: the protocol of such links has no encryption", f"{path} is sound"]
    judge("config-check", json.loads(run("check", path, "--json").stdout))
    shown = run("show", path)
    assert f"devices.usb = true" in shown.stdout and f"# {path}:2" in shown.stdout and "# default" in shown.stdout
    assert "canary-subject" not in shown.stdout + run("show", path, "--json").stdout
    judge("config", json.loads(run("show", path, "--json").stdout))
    judge("config-docs", json.loads(run("docs", "--json").stdout))

    (stage.folder / "corhub.d").mkdir()
    drop_in = stage.folder / "corhub.d/50.toml"
    drop_in.write_text("[devices]\nusb = false\nble = 1\npoll = \"1s\"\n")
    broken = run("check", path, status=64)
    assert broken.stderr.splitlines() == [
        f"{drop_in}:3: devices.ble: true or false is wanted, found an integer",
        f"{drop_in}:4: unknown key devices.poll, did you mean devices.poll_interval?"]
    judge("config-check", json.loads(run("check", path, "--json", status=64).stdout))
    assert run("show", path, status=64).stdout == ""
    assert run("check", stage.folder / "absent.toml", status=3).stdout == ""
    # What the check refuses the agent refuses, and what it takes the agent takes.
    assert stage.command("corhub", "run", "--config", path, status=64).stderr.splitlines()[-1].endswith(
        "devices.ble: true or false is wanted, found an integer")
