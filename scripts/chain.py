"""The chain on one machine for measurements: an upstream, an enrolled hub and a virtual device in a folder of their own."""

import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUBJECT = "subject-0001"
HUB = "hub-0001"


class CannotMeasure(Exception):
    """Something that the measurement needs is not there or does not start."""


class Program:
    """A process that is ended with its owner. Its standard error goes to a file that failures quote."""

    def __init__(self, arguments, log, **options):
        self.log = pathlib.Path(log)
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments], stderr=errors, stdin=subprocess.PIPE,
                stdout=options.pop("stdout", subprocess.PIPE), bufsize=0, **options)

    def ready(self, seconds=30):
        """The program's JSON line with the event "ready"; others before it are passed by."""
        deadline = time.monotonic() + seconds
        while select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
            line = self.process.stdout.readline()
            if not line:
                raise CannotMeasure(f"{self.process.args[0]} ended: {self.errors()}")
            said = json.loads(line)
            if said["event"] == "ready":
                return said
        raise CannotMeasure(f"{self.process.args[0]} is not ready after {seconds} s: {self.errors()}")

    def errors(self):
        return self.log.read_text(errors="replace")[-2_000:].strip()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()


class Chain:
    def __init__(self, programs):
        self.programs = pathlib.Path(programs).resolve()
        for name in ("corhub", "corhub-upstream", "corone-sim"):
            if not (self.programs / name).is_file():
                raise CannotMeasure(f"{self.programs / name} is not built: scripts/build")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="corhub-"))
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in reversed(self.started):
            program.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, *arguments, **options):
        program = Program([self.programs / name, *arguments], self.folder / f"{name}.log", **options)
        self.started.append(program)
        return program

    def run(self, name, *arguments, check=True):
        """Runs a program to its end; what it printed as JSON, or None."""
        result = subprocess.run(
            [str(self.programs / name), *map(str, arguments)], capture_output=True, text=True, timeout=120)
        if check and result.returncode:
            raise CannotMeasure(f"{name} {arguments[0]} exits {result.returncode}: {(result.stderr or result.stdout).strip()}")
        lines = result.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines else None

    def start_upstream(self):
        state = self.folder / "upstream"
        ca = self.run("corhub-upstream", "init", state, "--json")["ca"]
        upstream, url = self.serve_upstream()
        token = self.run("corhub-upstream", "token", "create", HUB, "--state", state, "--json")["token"]
        self.run(
            "corhub", "enroll", "--url", url, "--hub", HUB, "--token", token, "--ca", ca, "--identity",
            self.folder / "hub" / "identity", "--json")
        return upstream, url

    def serve_upstream(self, port=0):
        upstream = self.start(
            "corhub-upstream", "serve", "--state", self.folder / "upstream", "--listen", f"127.0.0.1:{port}", "--device-ca",
            self.folder / "device-ca" / "device-ca.pem", "--json")
        return upstream, upstream.ready()["url"]

    def start_device(self, *options):
        """Starts a virtual device with its authority in device-ca, and returns its UDP port."""
        device = self.start("corone-sim", "--port", "0", "--device-ca", self.folder / "device-ca", "--json", *options)
        return device.ready()["port"]

    def configure(self, *links, uses_unclaimed=True, log_format="auto"):
        (self.folder / "hub").mkdir(exist_ok=True)
        configuration = self.folder / "corhub.toml"
        configuration.write_text(
            f"""
            [hub]
            state_directory = "{self.folder}/hub"
            subject = "{SUBJECT}"
            [control]
            socket = "{self.folder}/control.sock"
            [devices]
            links = {json.dumps(links)}
            use_unclaimed = {json.dumps(uses_unclaimed)}
            trust_anchors = "{self.folder}/device-ca"
            [log]
            format = "{log_format}"
            """)
        return configuration

    def start_hub(self, configuration, seconds=30):
        """Starts the agent; returns it and the seconds from exec to READY=1."""
        address = self.folder / "notify.sock"
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(str(address))
            notified.settimeout(seconds)
            begin = time.monotonic()
            hub = self.start(
                "corhub", "run", "--config", configuration, stdout=subprocess.DEVNULL,
                env={**os.environ, "NOTIFY_SOCKET": str(address)})
            try:
                while not notified.recv(4_096).startswith(b"READY=1"):
                    pass
            except TimeoutError:
                raise CannotMeasure(f"corhub is not ready after {seconds} s: {hub.errors()}") from None
            return hub, time.monotonic() - begin

    def buffer(self):
        """What `corhub buffer status` tells, asked without starting a program."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.folder / "control.sock"))
            control.sendall(b"GET /v1/buffer HTTP/1.1\r\nHost: corhub\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: control.recv(65_536), b""))
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    def status(self):
        return self.run("corhub", "status", "--socket", self.folder / "control.sock", "--json", check=False)
