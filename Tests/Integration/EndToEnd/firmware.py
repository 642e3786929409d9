"""Real device firmware: Zephyr's SMP servers of the smpclient source package, as processes with a serial line.

native_sim programs are 32-bit Linux builds whose UART is a pty; the others run in qemu-system-arm, which has their UART
behind a TCP socket on the loopback. Nothing of it is kept in this repository.
"""

import fcntl
import hashlib
import json
import os
import pathlib
import platform
import re
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import time

from stage import PROGRAMS, ROOT

VERSION = "7.3.0"
SHA256 = "86aa4bc1c621805d97f449793a4077f049aa88a98a1e916bf59423d072bd2a3b"
PLACE = f"smpclient-{VERSION}/tests/fixtures/smp-server/"
FOLDER = ROOT / ".build-fixtures" / "smp-server"


class Missing(Exception):
    """Why the firmware cannot be had here."""


def fetch():
    """The folder with the firmware; fetched once."""
    FOLDER.parent.mkdir(exist_ok=True)
    with open(FOLDER.parent / "smp-server.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (FOLDER / "manifest.json").is_file():
            return FOLDER
        archive = FOLDER.parent / f"smpclient-{VERSION}.tar.gz"
        if not archive.is_file():
            download = subprocess.run(
                [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-binary",
                 "smpclient", "--no-deps", "--dest", str(FOLDER.parent), f"smpclient=={VERSION}"],
                capture_output=True, text=True, timeout=300)
            if download.returncode:
                raise Missing(f"pip cannot download smpclient {VERSION}: {download.stderr.strip()[-200:]}")
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        assert found == SHA256, f"{archive} has another SHA-256 than expected: {found}"
        part = FOLDER.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                if member.isfile() and member.name.startswith(PLACE):
                    target = part / pathlib.PurePosixPath(member.name).name
                    target.write_bytes(tar.extractfile(member).read())
                    target.chmod(0o755 if target.suffix == ".exe" else 0o644)
        part.rename(FOLDER)
    return FOLDER


def servers(wanted):
    """What the manifest says of the servers that are there and whose short name `wanted` takes, by short name."""
    folder = fetch()
    found = {}
    for entry in json.loads((folder / "manifest.json").read_text()):
        name = re.sub(r"^zephyr_.*?_smp_server_[0-9a-f]+_|(\.merged)?\.(exe|hex)$", "", entry["artifact"])
        if (folder / entry["artifact"]).is_file() and wanted(name):
            found[name] = entry
    return found


def why_not(entry):
    """Why the server cannot run here; None when it can."""
    if entry["run"] and not os.path.exists("/lib/ld-linux.so.2"):
        return "libc6:i386 is not installed (or this is no x86-64: " + platform.machine() + ")"
    if entry["qemu_cmd"] and not shutil.which("qemu-system-arm"):
        return "qemu-system-arm is not installed"
    return None


class Server:
    """One running server, and the link to it."""

    def __init__(self, entry, folder, options=""):
        self.entry = entry
        self.log = pathlib.Path(folder) / "server.log"
        self.boots = 0
        with open(self.log, "wb") as log:
            if entry["run"]:
                self.process = subprocess.Popen(
                    [str(fetch() / entry["artifact"])], cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
                self.link = "serial:" + self._await(rb"connected to pseudotty: (\S+)")[0].decode() + options
            else:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", 0))
                    port = probe.getsockname()[1]
                # What the device prints goes to the log as well: it tells when the device has booted.
                words = [
                    word.replace("<PORT>", str(port)) + (f",logfile={self.log},logappend=on"
                                                         if word.startswith("socket,") else "")
                    for word in shlex.split(entry["qemu_cmd"])]
                image = None
                if ".merged." in entry["artifact"]:
                    # What the loader device brings comes back with every reset, and would undo what the boot loader
                    # did. So the flash is written once, by the debugger, before the first instruction.
                    loader = words.index("-device")
                    image = fetch() / words[loader + 1].split("file=")[1]
                    words[loader:loader + 2] = ["-S", "-gdb", f"unix:{folder}/debugger,server=on,wait=off"]
                self.process = subprocess.Popen(
                    words, cwd=fetch(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
                if image:
                    self.until(lambda: os.path.exists(f"{folder}/debugger"))
                    Debugger(f"{folder}/debugger").flash(image)
                self.link = f"tcp:127.0.0.1:{port}{options}"
                self.await_boot()

    def _await(self, pattern, count=1, seconds=60):
        deadline = time.monotonic() + seconds
        while len(found := re.findall(pattern, self.log.read_bytes())) < count:
            assert self.process.poll() is None, f"the server has ended: {self.log.read_text(errors='replace')}"
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.log.read_text(errors='replace')}"
            time.sleep(0.05)
        return found

    def await_boot(self, seconds=60):
        """Until the application runs."""
        self.boots += 1
        if "microbit" in self.entry["qemu_cmd"]:
            # Bytes that come earlier would stop this emulated UART for good; the application says when it is there.
            self._await(rb"smp_sample: build time", self.boots, seconds)
            return
        self.until(lambda: self.smp("echo", "there", options=["--timeout", "1", "--attempts", "1"])[0] == 0, seconds)

    def until(self, is_true, seconds=60):
        deadline = time.monotonic() + seconds
        while not is_true():
            assert self.process.poll() is None, f"the server has ended: {self.log.read_text(errors='replace')}"
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.log.read_text(errors='replace')}"
            time.sleep(0.1)

    def smp(self, *words, link=None, options=(), seconds=120):
        """Exit status and JSON of `corhub smp`."""
        done = subprocess.run(
            [str(PROGRAMS / "corhub"), "smp", "--json", *options, link or self.link, *words],
            capture_output=True, text=True, timeout=seconds)
        return done.returncode, json.loads(done.stdout)

    def result(self, *words, **more):
        status, answer = self.smp(*words, **more)
        assert status == 0, answer
        return answer["result"]

    def end(self):
        self.process.kill()
        self.process.wait(20)


class Debugger:
    """As much of gdb's remote protocol as writes a flash image into a stopped machine and lets it run."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)

    def ask(self, text):
        self.socket.sendall(f"${text}#{sum(text.encode()) & 0xFF:02x}".encode())
        answer = b""
        while not re.search(rb"\$[^#]*#..", answer):
            answer += self.socket.recv(4096)
        self.socket.sendall(b"+")
        return re.findall(rb"\$([^#]*)#..", answer)[-1].decode()

    def flash(self, path):
        base = 0
        for line in path.read_text().split():
            # Intel HEX: count, address, kind, data, sum.
            record = bytes.fromhex(line[1:])
            count, address, kind = record[0], struct.unpack_from(">H", record, 1)[0], record[3]
            if kind == 0:
                answer = self.ask(f"M{base + address:x},{count:x}:{record[4:4 + count].hex()}")
                assert answer == "OK", f"{line}: {answer}"
            elif kind in (2, 4):
                base = struct.unpack_from(">H", record, 4)[0] << (16 if kind == 4 else 4)
        self.ask("qRcmd," + b"system_reset".hex())
        self.ask("D")
        self.socket.close()


def image(signed, version):
    """A MCUboot image with another version, and the SHA-256 that makes it whole; these boot loaders want no signature.

    Layout: MCUboot, "Image format": header with its length at 8 and the image's at 12, version at 20, then TLVs.
    """
    image = bytearray(signed)
    header_length, protected, body_length = struct.unpack_from("<HHI", image, 8)
    struct.pack_into("<BBH", image, 20, *version)
    end = header_length + body_length + protected
    kind, length = struct.unpack_from("<HH", image, end + 4)
    assert (kind, length) == (0x10, 32), "the first TLV is no SHA-256"
    image[end + 8:end + 40] = hashlib.sha256(image[:end]).digest()
    return bytes(image), image[end + 8:end + 40].hex()
