"""A hub on a disk of its own: our packages in a signed repository, a blank Debian, and boots of it, one a stage. Runs on the host."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import time

import debian_root
from disk_machine import DiskMachine
from kernel import Kernel

ROOT = pathlib.Path(__file__).resolve().parents[3]
LAB = ROOT / "Tests/Lab"
BUILD = ROOT / ".build-lab"
NEWER = "0.2.0"


def command(*words):
    done = subprocess.run([str(word) for word in words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{words[0]} exits {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


@contextlib.contextmanager
def alone():
    """Cases beside each other want the same packages: one makes them."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "packages.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@alone()
def packages(*options):
    """Files of the packages, made where a source of theirs is newer."""
    folder = BUILD / "packages" / (options[-1] if options else "current")
    programs = pathlib.Path(os.environ.get("LAB_PROGRAMS", ROOT / ".build-release/bin")).resolve()
    newest = max(path.stat().st_mtime for path in [*(ROOT / "debian").iterdir(), *(ROOT / "systemd").iterdir(),
                                                   *(ROOT / "packaging").rglob("*"), *(ROOT / "udev").iterdir(),
                                                   *(programs / name for name in ("corhub", "corone-sim", "corhub-upstream"))])
    if not any(path.stat().st_mtime > newest for path in folder.glob("corhub_*.deb")):
        command("env", f"CORHUB_PROGRAMS={programs}", "scripts/package", "--out", folder, *options)
    return sorted(folder.glob("*.deb"))


class InstalledHub:
    def __init__(self, out, suite):
        """`out` is the case's folder, /out in the guest; `suite` one of Debian's."""
        self.out = out
        self.disk = out / "disk.ext4"
        command("cp", "--sparse=always", debian_root.image(BUILD / "roots", suite), self.disk)
        self.machine = DiskMachine(Kernel(BUILD / "kernels", LAB / "machine/init"), LAB / "machine", self.disk)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.disk.unlink()

    def publish(self, packages):
        command("scripts/repo", self.out / "repository", "--key", self.out / "archive-key", *packages)

    def tamper(self):
        """Two copies of the repository that somebody has changed, as who serves it can."""
        for change in ("index", "package"):
            shutil.copytree(self.out / "repository", self.out / f"tampered-{change}")
        index = next((self.out / "tampered-index/dists").glob("*/main/binary-*/Packages"))
        index.write_text(index.read_text().replace("Description: agent", "Description: other"))
        index.with_suffix(".gz").unlink()
        package = next((self.out / "tampered-package/pool").glob(f"corhub_{NEWER}_*"))
        content = bytearray(package.read_bytes())
        content[len(content) // 2] ^= 1
        package.write_bytes(content)

    def boot(self, stage, seconds, cut=False):
        """Runs one stage of Tests/Lab/install/stages.py in a boot of its own. With `cut` the machine loses its power once the
        stage says so."""
        start = time.monotonic()
        guest = f"/host{LAB}/install"
        patience = float(os.environ.get("LAB_PATIENCE", "1"))
        (self.out / "stage").write_text(
            f"export PYTHONDONTWRITEBYTECODE=1 DEBIAN_FRONTEND=noninteractive HOME=/root LAB_PATIENCE={patience}\n"
            f"python3 {guest}/stages.py {stage} >/out/{stage}.log 2>&1\necho $? >/out/status\n"
            "journalctl -b --no-pager >/out/journal.log\nsync\nsystemctl poweroff --force\n")
        process = self.machine.start(stage, self.out, {})
        deadline = start + seconds * patience
        is_cut = self.out / "cut"
        try:
            while process.poll() is None:
                if cut and is_cut.exists():
                    time.sleep(1)
                    break
                if time.monotonic() > deadline:
                    sys.exit(f"{stage} hangs:\n{self.tail(stage)}")
                time.sleep(0.2)
        finally:
            self.machine.kill(process)
        status = self.out / "status"
        passed = is_cut.exists() if cut else status.exists() and status.read_text().strip() == "0"
        if not passed:
            sys.exit(f"{stage} failed:\n{self.tail(stage)}")
        with open(self.out / "notes", "a") as notes:
            print(f"stage {stage}: {time.monotonic() - start:.0f} s{', then the power was cut' if cut else ''}", file=notes)

    def tail(self, stage):
        log = self.out / f"{stage}.log"
        return log.read_text(errors="replace")[-3_000:] if log.exists() else "it said nothing"
