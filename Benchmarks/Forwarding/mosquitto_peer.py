"""Mosquitto as a store and forward: a broker with persistence, and a bridge to a far one."""

import os
import signal
import subprocess
import threading

from peer import Processes, connected, free_port, unpacked

TIGHT = "autosave_on_changes true\nautosave_interval 1\nmax_queued_messages 0\nmax_queued_bytes 0\n"


def text(value):
    return len(value).to_bytes(2, "big") + value


def packet(kind, body):
    length, rest = b"", len(body)
    while True:
        length += bytes([rest % 128 | (128 if rest >= 128 else 0)])
        rest //= 128
        if not rest:
            return bytes([kind]) + length + body


class Client:
    """As much of MQTT 3.1.1 as publishing and receiving at QoS 1 needs."""

    def __init__(self, port, name):
        self.link = connected(port)
        self.stream = self.link.makefile("rb")
        # A session that stays: clean session is not set.
        self.link.sendall(packet(0x10, text(b"MQTT") + b"\x04\x00\x00\x00" + text(name)))
        self.read()

    def read(self):
        kind = self.stream.read(1)
        if not kind:
            raise ConnectionError("mosquitto closed the connection")
        length, shift = 0, 0
        while True:
            byte = self.stream.read(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return kind[0], self.stream.read(length)


class Subscriber(threading.Thread):
    """Counts at the far broker what arrives, each once."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.client = Client(port, b"bench-far")
        self.client.link.settimeout(None)
        self.client.link.sendall(packet(0x82, b"\x00\x01" + text(b"records") + b"\x01"))
        self.seen = set()
        self.start()

    def run(self):
        try:
            while True:
                kind, body = self.client.read()
                if kind & 0xF0 != 0x30:
                    continue
                begin = 2 + int.from_bytes(body[:2], "big")
                self.seen.add(body[begin + 2:begin + 10])
                self.client.link.sendall(packet(0x40, body[begin:begin + 2]))
        except (OSError, ConnectionError, IndexError, ValueError):
            pass  # The broker ended.


class Mosquitto:
    name = "mosquitto bridge"
    # Its own limit of messages in flight for one client is 20.
    pace = 20
    is_possible = True

    def __init__(self, packages, folder, tight):
        self.folder = folder
        root = unpacked(packages / "mosquitto", "mosquitto")
        self.program = root / "usr/sbin/mosquitto"
        libraries = f"{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu:{root}/usr/lib/aarch64-linux-gnu"
        self.processes = Processes(folder, {**os.environ, "LD_LIBRARY_PATH": libraries})
        told = subprocess.run([self.program, "-h"], env=self.processes.environment, capture_output=True, text=True).stdout
        self.version = told.split()[2]
        self.near, self.far = free_port(), free_port()
        bridge = (f"connection far\naddress 127.0.0.1:{self.far}\ntopic records out 1\ncleansession false\n"
                  "restart_timeout 1\n")
        for name, port, more in (("near", self.near, bridge), ("far", self.far, "")):
            (folder / name).mkdir(exist_ok=True)
            # As /etc/mosquitto/mosquitto.conf of Debian: persistence, and nothing else about it.
            (folder / f"{name}.conf").write_text(
                f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/{name}/\n"
                "user root\n" + (TIGHT if tight else "") + more)

    def start(self, name, trace=None):
        self.processes.start(name, [self.program, "-c", self.folder / f"{name}.conf"], trace)

    def prepare(self):
        """The bridge meets the far broker once, so that its session there, and its queue here, exist."""
        self.start_far()
        self.start_near()
        publisher = self.publisher()
        while not self.subscriber.seen:
            publisher.send(0, bytes(8))
            publisher.acknowledged()
        self.processes.end("far")

    def publisher(self):
        return Publisher(Client(self.near, b"bench-near"))

    def kill_near(self):
        self.processes.end("near", signal.SIGKILL)

    def start_near(self, trace=None):
        self.start("near", trace)
        connected(self.near).close()

    def start_far(self):
        self.start("far")
        self.subscriber = Subscriber(self.far)

    def arrived(self):
        return len(self.subscriber.seen - {bytes(8)})


class Publisher:
    def __init__(self, client):
        self.client = client

    def send(self, number, payload):
        self.client.link.sendall(packet(0x32, text(b"records") + (number % 65_535 + 1).to_bytes(2, "big") + payload))

    def acknowledged(self):
        while self.client.read()[0] != 0x40:
            pass
