"""What the installed machine's stages share: apt, the services, the device on USB, and looking from outside. Runs in the guest."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

OUT = pathlib.Path("/out")
SERIAL = "COR1-LAB-0001"
STATE = pathlib.Path("/var/lib/corhub")
UPSTREAM_STATE = "/var/lib/corhub-upstream/state"
URL = "https://localhost:8443"
PERSON = "anna"
# Emulated, and beside other work.
PATIENCE = 240 * float(os.environ.get("LAB_PATIENCE", "1"))


def note(text):
    """A line that the host prints below the case's own."""
    with open(OUT / "notes", "a") as notes:
        print(text, file=notes)
    say(text)


def say(text):
    print(f"[{float(pathlib.Path('/proc/uptime').read_text().split()[0]):7.1f}] {text}", flush=True)


def check(holds, what):
    if not holds:
        sys.exit(f"not so: {what}")


def run(*command, status=0, text=None, seconds=PATIENCE):
    """Standard output; another exit status than `status` ends the stage, unless that is None."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, input=text, timeout=seconds)
    if status is not None and done.returncode != status:
        sys.exit(f"{' '.join(map(str, command))}: exits {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout if status is not None else done


def eventually(ask, what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := ask():
            return value
        time.sleep(0.5)
    for unit in ("corhub", "corhub-upstream"):
        print(run("journalctl", "-b", "-u", unit, "--no-pager", "-n", "40", "-o", "cat", status=None).stdout)
    sys.exit(f"waited {seconds} s in vain: {what}")


def apt(*arguments, status=0, repository=OUT / "repository"):
    """apt-get with our repository as its only source."""
    pathlib.Path("/etc/apt/sources.list").unlink(missing_ok=True)
    for file in pathlib.Path("/etc/apt/sources.list.d").iterdir():
        file.unlink()
    key = "/usr/share/keyrings/corhub-archive-keyring.asc"
    if not pathlib.Path(key).exists():
        pathlib.Path(key).write_text((repository / "corhub-archive-keyring.asc").read_text())
    source = (repository / "corhub.sources").read_text().splitlines()
    text = "\n".join(f"URIs: file:{repository}" if line.startswith("URIs:") else line for line in source)
    pathlib.Path("/etc/apt/sources.list.d/corhub.sources").write_text(text + "\n")
    return run("apt-get", "-y", "-o", "APT::Sandbox::User=root", "-o", "Dpkg::Use-Pty=0", *arguments, status=status)


def corhub(*arguments, user=PERSON, status=0):
    """The answer of a command of corhub with --json, asked by an ordinary user of the group corhub."""
    done = run("runuser", "-u", user, "--", "corhub", *arguments, "--json", status=None)
    if status is None:
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout else None
    check(done.returncode == status, f"corhub {arguments} exits {status}: {done.returncode} {done.stdout} {done.stderr}")
    return json.loads(done.stdout) if done.stdout else None


def is_active(unit):
    return run("systemctl", "is-active", unit, status=None).stdout.strip() == "active"


def show(unit, *properties):
    lines = run("systemctl", "show", unit, *(f"-p{name}" for name in properties)).splitlines()
    return dict(line.split("=", 1) for line in lines)


class Device:
    """A COR One on the machine's USB; its memory is outside of the machine, so a power cut of the hub is none of its own."""

    def __init__(self, *options, presses_itself=True):
        """`presses_itself`: the button, after a claim."""
        run("modprobe", "vhci-hcd")
        self.log = open(OUT / "device.jsonl", "a")
        self.events = []
        self.arrived = threading.Condition()
        self.process = subprocess.Popen(
            ["corone-sim", "--usb", "--control", *(["--auto-button"] if presses_itself else []), "--serial", SERIAL, "--speed", "900", "--seed", "7",
             "--device-ca", "/srv/device-ca", "--state", OUT / "device", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        self.wait("plugged")

    def _read(self):
        for line in self.process.stdout:
            self.log.write(line)
            self.log.flush()
            with self.arrived:
                self.events.append(json.loads(line))
                self.arrived.notify_all()

    def wait(self, name, after=0):
        deadline = time.monotonic() + PATIENCE
        with self.arrived:
            while True:
                for event in self.events[after:]:
                    if event.get("event") == name:
                        return event
                if time.monotonic() > deadline or self.process.poll() is not None:
                    sys.exit(f"the device said no {name}: {self.events[-5:]}")
                self.arrived.wait(1)

    def say(self, **line):
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def measure(self, seed):
        mark = len(self.events)
        self.say(do="run", artefact="none", minutes=1, seed=seed)
        return self.wait("record-closed", mark)

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


def closed_records():
    """Ids of all records that the device has closed in any boot."""
    lines = (OUT / "device.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return sorted({event["id"] for event in events if event.get("event") == "record-closed"})


def readings():
    answer = corhub("reading", "list", "--limit", "1000", status=None)
    return sorted(reading["record_id"] for reading in answer["readings"]) if answer else []


def buffer():
    answer = corhub("buffer", "status", status=None)
    return answer["buffer"] if answer else None


def is_drained():
    found = buffer()
    return found and found["pending_records"]["count"] == 0 and found["batches_without_receipt"]["count"] == 0


def ask_upstream(path):
    """What the upstream says to an operator."""
    import http.client
    import ssl
    folder = pathlib.Path("/root/operator")
    if not folder.exists():
        folder.mkdir()
        run("corhub-upstream", "operator", "create", "alice", "--state", UPSTREAM_STATE, "--out", folder)
        run("chown", "-R", "corhub-upstream:", UPSTREAM_STATE)
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.load_cert_chain(folder / "alice.pem", folder / "alice.key")
    connection = http.client.HTTPSConnection("localhost", 8443, context=context, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    check(answer.status == 200, f"{path}: {answer.status}")
    return json.loads(answer.read())


def check_conservation(what):
    """Every record that the device closed is here and upstream, once, and has its receipt."""
    wanted = closed_records()
    eventually(lambda: readings() == wanted, f"{what}: all {len(wanted)} records are here")
    eventually(is_drained, f"{what}: everything has its receipt")
    found = sorted(reading["record_id"] for reading in ask_upstream("/v1/readings?limit=1000")["readings"])
    check(found == wanted, f"{what}: upstream has each record once")
    say(f"{what}: {len(wanted)} records, here and upstream, each once")
    return len(wanted)
