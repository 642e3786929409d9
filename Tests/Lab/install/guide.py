"""docs/first-reading.md, word for word: what it says to type is read from it, and a person of this machine types it. Runs in the
guest."""

import os
import pathlib
import pty
import re
import select
import time

from hub import (
    OUT, PATIENCE, PERSON, SERIAL, Device, apt, check, closed_records, eventually, is_drained, note, readings, run, say,
)

GUIDE = pathlib.Path(__file__).resolve().parents[3] / "docs/first-reading.md"
HOST = "upstream.example"


def typed(text):
    """Commands of the guide in their order: lines of its code blocks, and what stands between backquotes and begins as a command."""
    found = []
    for line in text.splitlines():
        if re.match(r" {7}", line):
            found.append(line.strip())
        else:
            found += [span for span in re.findall(r"`([^`]+)`", line) if re.match(r"(sudo |corhub |timedatectl)", span)]
    return found


def promised(text):
    """What the guide says that a screen shows."""
    spans = re.findall(r"`([^`]+)`", text)
    return [span for span in spans if "  " in span]


class Terminal:
    """One command of a login shell, with a keyboard and a screen."""

    def __init__(self, command):
        say(f"$ {command}")
        self.command = command
        self.screen = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execvp("su", ["su", "--pty", "--login", PERSON, "--command", command])

    def read(self):
        """False at its end."""
        if not select.select([self.descriptor], [], [], 0.5)[0]:
            return True
        try:
            text = os.read(self.descriptor, 65_536).decode(errors="replace")
        except OSError:
            return False
        self.screen += text
        return bool(text)

    def wait_for(self, text):
        deadline = time.monotonic() + PATIENCE
        while text not in self.screen:
            check(self.read() and time.monotonic() < deadline, f"{self.command} shows {text!r}: {self.screen[-1500:]}")

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def end(self, statuses=(0,)):
        deadline = time.monotonic() + PATIENCE
        while self.read():
            check(time.monotonic() < deadline, f"{self.command} ends: {self.screen[-1500:]}")
        os.close(self.descriptor)
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        check(status in statuses, f"{self.command} exits {status}: {self.screen[-1500:]}")
        return self.screen


class Reader:
    """Does what the guide says. `token` is what this hub got from whoever runs the upstream."""

    def __init__(self, token):
        self.token = token
        self.device = None
        self.screens = {}

    def follow(self, text):
        for command in typed(text):
            self.screens[command] = self.perform(command)
        for line in promised(text):
            check(any(line in screen for screen in self.screens.values()), f"a screen shows {line!r}")
        note(f"{len(self.screens)} commands of docs/first-reading.md, word for word, end with a reading and its receipt")

    def perform(self, command):
        if " enroll " in command:
            return self.enrol(command)
        if command == "corhub device pair":
            return self.pair(command)
        if command == "corhub reading watch":
            return self.watch(command)
        if " doctor" in command:
            return Terminal(command).end(statuses=(0, 2))
        if " ID" in command:
            eventually(is_drained, "the reading has its receipt")
            command = command.replace(" ID", f" {readings()[0][:12]}")
        return Terminal(command.replace("SERIAL", SERIAL).replace("SUBJECT", "subject-0001")).end()

    def enrol(self, command):
        terminal = Terminal(command)
        terminal.wait_for("oken")
        terminal.type(self.token + "\n")
        screen = terminal.end()
        check(self.token not in screen, "the token is not shown")
        return screen

    def pair(self, command):
        self.device = Device(presses_itself=False)
        terminal = Terminal(command)
        terminal.wait_for("Press the button")
        self.device.say(do="button")
        return terminal.end()

    def watch(self, command):
        terminal = Terminal(command)
        # Nothing is shown before something happens; what was missed would be in the list.
        time.sleep(10)
        self.device.measure(11)
        terminal.wait_for(closed_records()[0][:12])
        terminal.type("\x03")
        return terminal.end(statuses=(0, 130))


def prepare():
    """What the guide takes for granted: a person who may use sudo, with the package and the makers' authority in the folder."""
    home = pathlib.Path("/home") / PERSON
    run("useradd", "--create-home", "--shell", "/bin/bash", PERSON)
    pathlib.Path(f"/etc/sudoers.d/{PERSON}").write_text(f"{PERSON} ALL=(ALL) NOPASSWD: ALL\n")
    for file in [*(OUT / "repository/pool").glob("corhub_*.deb"), pathlib.Path("/srv/device-ca/device-ca.pem")]:
        (home / file.name).write_bytes(file.read_bytes())


def follow_guide(token):
    apt("update")
    prepare()
    Reader(token).follow(GUIDE.read_text())
