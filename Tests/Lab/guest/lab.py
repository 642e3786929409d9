"""What the cases of the lab share: the three programs in the guest, its udev, and what the kernel knows of a process."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

from stage import PROGRAMS, ROOT, Program, Stage

OUT = pathlib.Path("/out")
IS_LONG = bool(os.environ.get("LAB_LONG"))
# How many times as long everything may take.
PATIENCE = float(os.environ.get("LAB_PATIENCE", "1"))
SERIAL = "COR1-LAB-0001"
LINK = f"usb:{SERIAL}"


def note(text):
    """A line that is printed below the case's own."""
    with open(OUT / "notes", "a") as notes:
        print(text, file=notes)
    print(text, flush=True)


def check(holds, what):
    if not holds:
        sys.exit(f"not so: {what}")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **options).stdout


class Udev:
    """systemd-udevd of this root, with the rule that the package installs."""

    def __init__(self):
        rules = pathlib.Path("/etc/udev/rules.d")
        rules.mkdir(parents=True, exist_ok=True)
        subprocess.run(["groupadd", "--system", "corhub-dev"], check=False, stderr=subprocess.DEVNULL)
        (rules / "70-corhub.rules").write_text((ROOT / "udev/70-corhub.rules").read_text())
        run("/usr/lib/systemd/systemd-udevd", "--daemon")
        run("udevadm", "control", "--ping")
        run("udevadm", "trigger", "--subsystem-match=usb")
        run("udevadm", "settle")

    @staticmethod
    def settle():
        run("udevadm", "settle")


class Recorded(Program):
    """A program whose lines stay, so that an event is found whichever came before it."""

    def __init__(self, *arguments, **options):
        self.history = []
        self.arrived = threading.Condition()
        super().__init__(*arguments, **options)

    def _read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.history.append((time.monotonic(), json.loads(line)))
                self.arrived.notify_all()

    @property
    def mark(self):
        """What has been said so far, for `await_event`."""
        with self.arrived:
            return len(self.history)

    def await_event(self, name, seconds=40, after=0):
        """The first such line after the mark."""
        deadline = time.monotonic() + seconds * PATIENCE
        with self.arrived:
            while True:
                for moment, line in self.history[after:]:
                    if line.get("event") == name:
                        return {**line, "moment": moment}
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no {name} within {seconds} s; the last: {self.history[-5:]}")
                self.arrived.wait(left)


class LabStage(Stage):
    """The programs with the device on USB; what they write to standard error is kept on the host."""

    def __init__(self):
        # Sockets and databases do not live on the share.
        folder = pathlib.Path("/tmp/stage")
        folder.mkdir()
        super().__init__(folder)
        self.closed = []

    def start(self, name, *arguments, environment=None):
        kind = Recorded if name == "corone-sim" or arguments[0] == "monitor" else Program
        program = kind(name, *arguments, log=OUT / f"{name}.log", environment=environment)
        self.running.append(program)
        return program

    def start_on_usb(self, *device_options, retention="30d", claims=False):
        self.start_device("--usb", *device_options, serial=SERIAL)
        self.start_upstream()
        self.enrol()
        # Every COR One that is plugged in, as the package's configuration has it.
        self.write_configuration(retention=retention, links=[], devices="usb = true", claims=claims)
        self.start_agent()

    def eventually(self, ask, what, seconds=40):
        return super().eventually(ask, what, seconds * PATIENCE)

    def start_monitor(self):
        """`corhub monitor`: what the hub does, as it does it."""
        monitor = self.start("corhub", "monitor", "--socket", self.socket)
        self.await_connection()
        return monitor

    def usb_fault(self, name, number=None):
        self.device.say({"do": "usb-fault", "name": name, **({} if number is None else {"n": number})})

    def unplug(self):
        mark = self.device.mark
        self.device.say({"do": "unplug"})
        self.device.await_event("unplugged", after=mark)

    def plug(self):
        """Returns the mark before it: what the hub does with the device comes after."""
        mark = self.device.mark
        self.device.say({"do": "plug"})
        self.device.await_event("plugged", after=mark)
        return mark

    def await_session(self, mark, seconds=60):
        """The moment at which the hub works with an attested device again: it subscribes to live samples."""
        return self.device.await_event("live", seconds, after=mark)["moment"]

    def is_connected(self):
        return any(link["state"] == "connected" for link in self.corhub("device", "list")["links"])

    def await_connection(self, seconds=40):
        self.eventually(self.is_connected, "the device is connected", seconds)

    def measure(self, artefact="none", seed=11, minutes=1):
        """A run of a minute is twelve samples and as many events: no more at once than the profile allows."""
        mark = self.device.mark
        self.device.say({"do": "run", "artefact": artefact, "minutes": minutes, "seed": seed})
        record = self.device.await_event("record-closed", after=mark)
        self.closed.append(record)
        return record

    def check_conservation(self, seconds=60):
        """Every record that the device closed has arrived once, here and upstream, with its receipt."""
        wanted = sorted(record["id"] for record in self.closed)
        self.eventually(lambda: sorted(reading["record_id"] for reading in self.readings()) == wanted, "every record, once",
                        seconds)
        self.await_receipts()
        upstream = self.operator("/v1/readings?limit=1000")["readings"]
        check(sorted(reading["record_id"] for reading in upstream) == wanted, "upstream has every record, once")


class Process:
    """What the kernel knows of a running program."""

    def __init__(self, program):
        self.folder = pathlib.Path(f"/proc/{program.process.pid}")

    @property
    def descriptor_count(self):
        return len(list((self.folder / "fd").iterdir()))

    @property
    def thread_count(self):
        return len(list((self.folder / "task").iterdir()))

    @property
    def anonymous_kilobytes(self):
        for line in (self.folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Anonymous:"):
                return int(line.split()[1])
        raise AssertionError("smaps_rollup has no Anonymous")


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
