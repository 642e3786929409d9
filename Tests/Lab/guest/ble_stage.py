"""The three programs in the lab's machine, with BLE between hub and device: the radio is Tests/Lab/ble/peripheral.py."""

import contextlib
import glob
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

import stage
from stage import PROGRAMS, ROOT, Stage

ADDRESS = "C2:00:00:00:00:02"
LINK = f"ble:{ADDRESS}"
RADIO_PYTHON = os.environ.get("LAB_RADIO_PYTHON", str(ROOT / ".build-lab/radio/bin/python3"))
OUT = pathlib.Path("/out")
# Without the kernel's acceleration a machine is 10 to 30 times slower than a hub.
PATIENCE = 120


def note(text):
    """A line that scripts/lab prints under the case."""
    print(text, flush=True)
    with open(OUT / "notes", "a") as file:
        print(text, file=file)


class Radio(stage.Program):
    """peripheral.py, whose lines are events, and whose commands are words."""

    def __init__(self, sim_port, *options):
        self.lines = queue.Queue()
        self.seen = []
        self.log = open(OUT / "radio.log", "ab")
        self.process = subprocess.Popen(
            [RADIO_PYTHON, str(ROOT / "Tests/Lab/ble/peripheral.py"), "--sim", str(sim_port), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            env={**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"})
        threading.Thread(target=self._read_and_keep, daemon=True).start()

    def _read_and_keep(self):
        with open(OUT / "radio-events.log", "ab", buffering=0) as kept:
            for line in self.process.stdout:
                now = time.monotonic()
                kept.write(b"%.2f " % now + line)
                event = json.loads(line)
                self.seen.append({**event, "at": now})
                self.lines.put(event)

    def do(self, command):
        self.process.stdin.write((command + "\n").encode())
        self.process.stdin.flush()
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if line.get("command") == command:
                assert line["event"] == "done", line
                return

    def count(self, event):
        return sum(line["event"] == event for line in self.seen)

    def last(self, event):
        """When it was told last, in seconds of the monotonic clock."""
        return max(line["at"] for line in self.seen if line["event"] == event)


class BLEStage(Stage):
    """Hub and upstream as in the tests without a machine; the device is behind the radio."""

    # Where another hub's pairings are.
    state_override = None

    def __init__(self, *radio_options, device_options=(), has_fast_radio=False):
        """:param has_fast_radio: BlueZ's own pair of controllers, in C, in place of Bumble's; none of its faults."""
        folder = pathlib.Path("/tmp/stage")
        folder.mkdir(exist_ok=True)
        super().__init__(folder)
        (folder / "hub").mkdir(mode=0o700, exist_ok=True)
        self.start_device("--link-kind", "ble", *device_options)
        if has_fast_radio:
            self.start_controllers()
            radio_options += ("--controller", "hci-socket:1")
        self.radio = Radio(self.device_port, *radio_options)
        self.radio.await_event("ready", PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while not glob.glob("/sys/class/bluetooth/hci*"):
            assert time.monotonic() < deadline, "the kernel has no controller"
            time.sleep(0.2)

    def start_controllers(self):
        """btvirt's pair, hci0 and hci1. On a busy machine it may miss the kernel's two seconds for a controller's first answer."""
        subprocess.run(["mount", "-t", "debugfs", "debugfs", "/sys/kernel/debug"], check=False, stderr=subprocess.DEVNULL)
        for _ in range(5):
            controllers = subprocess.Popen(["btvirt", "-L", "-l2"], stdout=subprocess.DEVNULL)
            # The kernel shows a controller's features when it has talked to it.
            features = [f"/sys/kernel/debug/bluetooth/hci{index}/features" for index in (0, 1)]
            with contextlib.suppress(AssertionError):
                self.eventually(lambda: all(map(os.path.exists, features)), "two controllers", 20)
                return
            controllers.kill()
            controllers.wait()
        raise AssertionError("btvirt's controllers do not come up")

    @property
    def state(self):
        return self.state_override or self.folder / "hub"

    def hub(self, *arguments, status=0, seconds=PATIENCE, text=None):
        """A command of corhub without the agent. Its output."""
        done = subprocess.run(
            [str(PROGRAMS / "corhub"), *arguments, "--state", str(self.state)], input=text, capture_output=True,
            text=True, timeout=seconds)
        print("$ corhub", *arguments, f"-> {done.returncode}\n{done.stdout}{done.stderr}", flush=True)
        assert done.returncode == status, (arguments, done)
        return done

    def pair(self, status=0, answer=None, wrapper=(), interrupts=False, registers=False, gives_up=False):
        """Pairs, the person comparing what the hub asks with what the device shows, or pressing Ctrl-C in place of an answer.
        The agent pairs if it runs; with `registers` it goes on until the device is this hub's, the person pressing its button, or
        pressing Ctrl-C in place of that."""
        process = subprocess.Popen(
            [*wrapper, str(PROGRAMS / "corhub"), "device", "pair", LINK, "--state", str(self.state), "--socket", self.socket,
             *(() if registers else ("--no-register",))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = []
        for line in process.stdout:
            output.append(line)
            if line.startswith("Does the device show"):
                shown = self.radio.await_event("number", PATIENCE)["value"]
                if interrupts:
                    process.send_signal(signal.SIGINT)
                    continue
                same = f" {shown}?" in line
                process.stdin.write((answer or ("yes" if same else "no")) + "\n")
                process.stdin.flush()
            elif line.startswith("Which number"):
                shown = self.radio.await_event("passkey", PATIENCE)["value"]
                process.stdin.write((answer or shown) + "\n")
                process.stdin.flush()
            elif "Press the button" in line:
                if gives_up:
                    process.send_signal(signal.SIGINT)
                else:
                    self.device.say({"do": "button"})
        result = process.wait(PATIENCE)
        print("$ corhub device pair ->", result, "".join(output), flush=True)
        assert result == status, output
        return "".join(output)

    def start_hub(self, links=(LINK,), devices="", claims=False):
        """Upstream, enrolment and the agent on these links."""
        self.start_upstream()
        self.enrol()
        self.write_configuration(links=list(links), devices=devices, claims=claims)
        self.start_agent()

    def pairings(self):
        """What the audit trail has of pairings: the code of each refusal, and nothing for those that were done."""
        entries = self.corhub("audit", "show", "--limit", "1000")["entries"]
        return [entry["detail"] for entry in entries if entry["type"] == "pairing"]

    def eventually(self, ask, what, seconds=PATIENCE):
        return super().eventually(ask, what, seconds)

    def close(self):
        for program in reversed(self.running):
            with contextlib.suppress(Exception):
                program.end(seconds=10)
        with contextlib.suppress(Exception):
            self.radio.kill()
        for log in self.folder.glob("*.log"):
            (OUT / log.name).write_bytes(log.read_bytes())


@contextlib.contextmanager
def bluetoothd():
    """Debian's own daemon on a system bus of this machine."""
    os.makedirs("/run/dbus", exist_ok=True)
    subprocess.run(["dbus-daemon", "--system", "--fork"], check=True)
    with open(OUT / "bluetoothd.log", "ab") as log:
        daemon = subprocess.Popen(["/usr/libexec/bluetooth/bluetoothd", "--nodetach"], stdout=log, stderr=log)
    try:
        yield daemon
    finally:
        daemon.kill()
        daemon.wait()


@contextlib.contextmanager
def ble_stage(*radio_options, **options):
    the_stage = BLEStage(*radio_options, **options)
    try:
        yield the_stage
    finally:
        the_stage.close()
        subprocess.run("dmesg | grep -iE 'bluetooth|BUG|WARN' | tail -20", shell=True, check=False)
