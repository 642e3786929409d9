"""The three programs on loopback, in a folder of their own, for tests from outside."""

import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = pathlib.Path(os.environ.get("CORHUB_PROGRAMS", ROOT / ".build" / "debug"))
HUB = "hub-0001"
# A 30-minute run passes in two seconds.
SPEED = "900"


class Program:
    """A running program whose standard output is JSON lines."""

    def __init__(self, name, *arguments, log, environment=None):
        self.lines = queue.Queue()
        self.log = open(log, "ab")
        self.process = subprocess.Popen(
            [str(PROGRAMS / name), *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=environment)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            try:
                self.lines.put(json.loads(line))
            except ValueError:
                self.lines.put({"text": line.decode(errors="replace")})

    def await_event(self, name, seconds=20):
        """The next line with this event; those before it are dropped."""
        deadline = time.monotonic() + seconds
        while True:
            line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            if line.get("event") == name:
                return line

    def say(self, command):
        self.process.stdin.write((json.dumps(command) + "\n").encode())
        self.process.stdin.flush()

    def end(self, number=signal.SIGTERM, seconds=20):
        """The exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        finally:
            self.process.stdin.close()
            self.log.close()

    def kill(self):
        self.end(signal.SIGKILL)


class Stage:
    hub_id = HUB
    # Of the device that updates are for.
    serial = "COR1-TEST-0001"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.socket = self.folder / "control.sock"
        self.running = []
        self.upstream_port = 0
        self.device = self.upstream = self.agent = None

    def command(self, name, *arguments, status=0, text=None):
        """Runs a program to its end and gives its output; any other exit status fails the test, where one is named."""
        done = subprocess.run(
            [str(PROGRAMS / name), *map(str, arguments)], capture_output=True, text=True, timeout=60, input=text)
        assert status is None or done.returncode == status, f"{name} {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def corhub(self, *arguments, status=0):
        """The answer of a command of corhub with --json."""
        done = self.command("corhub", *arguments, "--socket", self.socket, "--json", status=status)
        return json.loads(done.stdout) if done.stdout else None

    def start_device(self, *options, serial="COR1-TEST-0001", port=0, state=True):
        if not (self.folder / "device-ca").exists():
            self.command("corone-sim", "make-ca", self.folder / "device-ca")
        arguments = ["--control", "--port", port, "--device-ca", self.folder / "device-ca", "--speed", SPEED,
                     "--seed", "7", "--serial", serial, *options]
        if state:
            arguments += ["--state", self.folder / "device"]
        self.device = self.start("corone-sim", *arguments)
        ready = self.device.await_event("ready")
        self.device_port = ready["port"]
        self.link = ready["link"]
        return self.device

    def start_upstream(self, name="upstream", device_ca="device-ca"):
        state = self.folder / name
        if not state.exists():
            self.command("corhub-upstream", "init", state, "--environment", "test")
        self.upstream = self.start(
            "corhub-upstream", "serve", "--state", state, "--listen", f"127.0.0.1:{self.upstream_port}",
            "--device-ca", self.folder / device_ca / "device-ca.pem", "--json")
        self.url = self.upstream.await_event("ready")["url"]
        self.upstream_port = int(self.url.rsplit(":", 1)[1])
        return self.upstream

    def enrol(self, status=0, token=None):
        token = token or json.loads(self.command(
            "corhub-upstream", "token", "create", self.hub_id, "--state", self.folder / "upstream", "--json").stdout)["token"]
        self.command(
            "corhub", "enroll", "--url", self.url, "--hub", self.hub_id, "--token", "-", "--ca",
            self.folder / "upstream" / "ca.pem", "--identity", self.folder / "hub" / "identity",
            status=status, text=token + "\n")
        return token

    def write_configuration(self, extra="", retention="30d", state=None, links=None, devices="", claims=False):
        """With `claims` a device is used only once a person has claimed it, as on a hub that is not a test's."""
        path = self.folder / "corhub.toml"
        path.write_text(f"""
[hub]
state_directory = "{state or self.folder / 'hub'}"
subject = "subject-0001"
[control]
socket = "{self.socket}"
[devices]
links = {json.dumps([self.link] if links is None else links)}
use_unclaimed = {"false" if claims else "true"}
{devices}
trust_anchors = "{self.folder / 'device-ca'}"
poll_interval = "1s"
[forwarding]
linger = "100ms"
retry_shortest = "1s"
retry_longest = "1s"
[retention]
records = "{retention}"
{extra}""")
        return path

    def start_agent(self, environment=None):
        self.agent = self.start(
            "corhub", "run", "--config", self.folder / "corhub.toml", environment=environment)
        self.eventually(lambda: self.corhub("status"), "the agent answers")
        return self.agent

    def start(self, name, *arguments, environment=None):
        program = Program(name, *arguments, log=self.folder / f"{name}.log", environment=environment)
        self.running.append(program)
        return program

    def start_all(self, *device_options, retention="30d"):
        self.start_device(*device_options)
        self.start_upstream()
        self.enrol()
        self.write_configuration(retention=retention)
        self.start_agent()

    def measure(self, artefact="none", seed=11, minutes=30):
        self.device.say({"do": "run", "artefact": artefact, "minutes": minutes, "seed": seed})
        return self.device.await_event("record-closed")

    def readings(self):
        return self.corhub("reading", "list", "--limit", "1000")["readings"]

    def await_readings(self, count):
        return self.eventually(lambda: (r := self.readings()) and len(r) >= count and r, f"{count} readings")

    def await_receipts(self):
        """Until everything but audit entries has its receipt."""
        def is_done():
            buffer = self.corhub("buffer", "status")["buffer"]
            return buffer["pending_records"]["count"] == 0 and buffer["batches_without_receipt"]["count"] == 0
        self.eventually(is_done, "all receipts")

    def ask(self, path):
        """What the agent says on its socket, asked by curl."""
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail", "--unix-socket", self.socket, f"http://hub{path}"],
            capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def operator(self, path):
        """What the upstream says to an operator, asked by curl."""
        return self._operator(path, "operator")

    def operator_under(self, clock, path):
        """The same where the upstream's clock is shifted."""
        return self._operator(path, "operator-later", clock.environment)

    def _operator(self, path, name, environment=None):
        folder = self.folder / name
        if not folder.exists():
            folder.mkdir()
            subprocess.run(
                [PROGRAMS / "corhub-upstream", "operator", "create", "alice", "--state", self.folder / "upstream", "--out",
                 folder], env=environment, check=True, capture_output=True, timeout=30)
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail", "--cacert", folder / "ca.pem", "--cert",
             folder / "alice.pem", "--key", folder / "alice.key", self.url + path],
            capture_output=True, text=True, timeout=30, env=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def eventually(self, ask, what, seconds=40):
        deadline = time.monotonic() + seconds
        problem = None
        while time.monotonic() < deadline:
            try:
                if value := ask():
                    return value
                problem = None
            except AssertionError as error:
                problem = error
            time.sleep(0.1)
        logs = "\n".join(
            f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in self.folder.glob("*.log"))
        raise AssertionError(f"waited {seconds} s in vain: {what} {problem or ''}\n{logs}")

    def close(self):
        for program in reversed(self.running):
            if program.process.poll() is None:
                program.kill()
