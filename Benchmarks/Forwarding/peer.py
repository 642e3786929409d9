"""What the peers of the forwarding benchmark have in common: Debian packages unpacked into a folder, processes on loopback."""

import pathlib
import re
import signal
import socket
import subprocess
import time

# Lines "1700000000.123456 fdatasync(3) = 0 <0.004>" behind the thread's number.
SYNC = re.compile(r"^\d+\s+([\d.]+) (?:.*resumed>|(?:fsync|fdatasync|sync_file_range|msync)\().*<([\d.]+)>$")


class CannotStart(Exception):
    """A peer is not to be had, or does not start."""


def unpacked(folder, *packages):
    """The folder with what these Debian packages hold, and what they need that is not installed. Nothing is installed."""
    stamp = folder / "packages"
    wanted = " ".join(packages)
    if stamp.is_file() and stamp.read_text() == wanted:
        return folder / "root"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        uris = subprocess.run(
            ["apt-get", "-qq", "--print-uris", "--no-install-recommends", "-o", "Debug::NoLocking=1", "install", *packages],
            capture_output=True, text=True, check=True).stdout
        # 'http://…/name_version_arch.deb' name_version_arch.deb LENGTH HASH. Of what is installed there is no line.
        missing = [line.split()[1].split("_")[0] for line in uris.splitlines()]
        names = sorted({*missing, *packages})
        subprocess.run(["apt-get", "download", "-qq", *names], cwd=folder, capture_output=True, text=True, check=True)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, folder / "root"], check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise CannotStart(f"{wanted}: {getattr(problem, 'stderr', None) or problem}") from None
    stamp.write_text(wanted)
    return folder / "root"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connected(port, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            link = socket.create_connection(("127.0.0.1", port), timeout=60)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return link
        except OSError:
            if time.monotonic() > deadline:
                raise CannotStart(f"nobody listens at {port}") from None
            time.sleep(0.005)


def tracing(trace):
    """The words before a command that note its syncs in a file."""
    return ["strace", "-f", "-ttt", "-T", "-e", "trace=fsync,fdatasync,sync_file_range,msync", "-o", trace]


class Processes:
    """Servers of one peer by name."""

    def __init__(self, folder, environment):
        self.folder, self.environment, self.running = folder, environment, {}

    def start(self, name, arguments, trace=None):
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [str(argument) for argument in (tracing(trace) if trace else []) + arguments], env=self.environment, stdout=log,
                stderr=log)

    def end(self, name, how=signal.SIGTERM):
        if process := self.running.pop(name, None):
            process.send_signal(how)
            process.wait(60)

    def end_all(self):
        for name in list(self.running):
            self.end(name, signal.SIGKILL)


def syncs(trace):
    """When each sync ended, in seconds since 1970."""
    found = (SYNC.match(line) for line in pathlib.Path(trace).read_text(errors="replace").splitlines())
    return [float(match[1]) + (0 if "resumed" in match[0] else float(match[2])) for match in found if match]


def is_durable(spans, trace):
    """Whether a sync ended within each span from sending a record to its acknowledgement."""
    ends = syncs(trace)
    return all(any(sent <= end <= acknowledged + 0.0005 for end in ends) for sent, acknowledged in spans)
