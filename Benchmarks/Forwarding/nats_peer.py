"""NATS JetStream as a store and forward: a stream in a file store, mirrored by a far server over a leaf node."""

import json
import signal
import subprocess
import time

from peer import Processes, connected, free_port, unpacked


class Client:
    """As much of the protocol of NATS as publishing with acknowledgements needs."""

    def __init__(self, port):
        self.link = connected(port)
        self.stream = self.link.makefile("rb")
        self.stream.readline()  # INFO
        self.link.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB inbox.* 1\r\nPING\r\n')
        while self.stream.readline() != b"PONG\r\n":
            pass

    def publish(self, subject, payload, reply):
        self.link.sendall(b"PUB %s %s %d\r\n" % (subject, reply, len(payload)) + payload + b"\r\n")

    def message(self):
        while True:
            line = self.stream.readline()
            if line == b"PING\r\n":
                self.link.sendall(b"PONG\r\n")
            elif line.startswith((b"MSG", b"HMSG")):
                body = self.stream.read(int(line.split()[-1]))
                self.stream.read(2)
                return body
            elif not line:
                raise ConnectionError("NATS closed the connection")

    def ask(self, subject, request):
        self.publish(subject, json.dumps(request).encode(), b"inbox.api")
        return json.loads(self.message())


class NATS:
    name = "NATS JetStream"
    pace = 100

    def __init__(self, packages, folder, tight):
        self.folder = folder
        self.program = unpacked(packages / "nats", "nats-server") / "usr/sbin/nats-server"
        self.version = subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout.split("v")[-1].strip()
        self.near, self.far, self.leaf = free_port(), free_port(), free_port()
        self.processes = Processes(folder, {})
        interval = "sync_interval: always" if tight else ""
        self.configure("near", f"port: {self.near}", interval,
                       f'leafnodes {{ remotes: [ {{ url: "nats-leaf://127.0.0.1:{self.leaf}" }} ] }}')
        self.configure("far", f"port: {self.far}", interval, f"leafnodes {{ listen: \"127.0.0.1:{self.leaf}\" }}")
        # Only 2.10 and later know sync_interval.
        self.is_possible = not subprocess.run(
            [self.program, "-t", "-c", folder / "near.conf"], capture_output=True).returncode
        self.impossible = "knows no sync_interval: nothing tighter to set"

    def configure(self, name, port, interval, leafnodes):
        (self.folder / f"{name}.conf").write_text(
            f'{port}\nhost: 127.0.0.1\nserver_name: {name}\n{leafnodes}\n'
            f'jetstream {{ domain: {name}, store_dir: "{self.folder}/{name}", {interval} }}\n')

    def start(self, name, trace=None):
        self.processes.start(name, [self.program, "-c", self.folder / f"{name}.conf"], trace)

    def prepare(self):
        self.start("near")
        self.start("far")
        stream = {"name": "records", "subjects": ["records"], "storage": "file"}
        deadline = time.monotonic() + 30
        while "error" in (answer := self.request(self.near, "$JS.API.STREAM.CREATE.records", stream)):
            if time.monotonic() > deadline:
                raise ConnectionError(answer)
        mirror = {"name": "records", "storage": "file",
                  "mirror": {"name": "records", "external": {"api": "$JS.near.API", "deliver": "mirrored"}}}
        self.request(self.far, "$JS.API.STREAM.CREATE.records", mirror)
        self.processes.end("far")

    def request(self, port, subject, request):
        return Client(port).ask(subject.encode(), request)

    def publisher(self):
        return Publisher(Client(self.near))

    def kill_near(self):
        self.processes.end("near", signal.SIGKILL)

    def start_near(self, trace=None):
        self.start("near", trace)
        Client(self.near)

    def start_far(self):
        self.start("far")
        self.watch = Client(self.far)

    def arrived(self):
        info = self.watch.ask(b"$JS.API.STREAM.INFO.records", {})
        return info["state"]["messages"] if "state" in info else 0


class Publisher:
    def __init__(self, client):
        self.client = client

    def send(self, number, payload):
        self.client.publish(b"records", payload, b"inbox.ack")

    def acknowledged(self):
        answer = json.loads(self.client.message())
        if "seq" not in answer:
            raise ConnectionError(str(answer))
