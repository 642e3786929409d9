"""A blank Debian as a disk image: what a hub is before anything of ours is installed. Made once by mmdebstrap, from the archive."""

import hashlib
import pathlib
import shutil
import subprocess
import tempfile

from kernel import NotAvailable

MIRROR = "http://deb.debian.org/debian"
# With what the packages depend on from Debian itself, since the machine has no network; and Python for the case.
PACKAGES = ("systemd systemd-sysv udev dbus kmod libusb-1.0-0 libsqlite3-0 libstdc++6 python3-minimal libpython3-stdlib iproute2 "
            "sudo gpgv ca-certificates adduser").split()
# The only thing that is not Debian's: the case's script as a service.
UNIT = """[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh /out/stage
StandardOutput=journal+console
StandardError=journal+console
TimeoutStartSec=infinity
[Install]
WantedBy=lab.target
"""
TARGET = "[Unit]\nRequires=multi-user.target\nAfter=multi-user.target\nAllowIsolate=yes\n"
MASKED = ("systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer "
          "getty@tty1.service serial-getty@ttyS0.service systemd-networkd-wait-online.service").split()
DISK_LENGTH = 1_200_000_000


def image(cache, suite):
    """The path of the image; it is copied before it is used."""
    key = hashlib.sha256(repr((PACKAGES, UNIT, TARGET, MASKED, DISK_LENGTH)).encode()).hexdigest()[:12]
    disk = cache / f"{suite}-{key}.ext4"
    if disk.is_file():
        return disk
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        scratch = pathlib.Path(scratch)
        tree = scratch / "tree"
        try:
            run("mmdebstrap", "--variant=minbase", "--skip=check/qemu", '--aptopt=APT::Sandbox::User "root"',
                f"--include={','.join(PACKAGES)}", "--dpkgopt=path-exclude=/usr/share/locale/*",
                "--dpkgopt=path-exclude=/usr/share/doc/*", suite, scratch / "root.tar", MIRROR)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise NotAvailable(f"no root of {suite}: {getattr(error, 'stderr', error)[-300:]}") from None
        tree.mkdir()
        run("tar", "-C", tree, "-xf", scratch / "root.tar")
        units = tree / "etc/systemd/system"
        (units / "lab.service").write_text(UNIT)
        (units / "lab.target").write_text(TARGET)
        (units / "lab.target.wants").mkdir(exist_ok=True)
        (units / "lab.target.wants/lab.service").symlink_to("/etc/systemd/system/lab.service")
        (units / "default.target").unlink(missing_ok=True)
        (units / "default.target").symlink_to("/etc/systemd/system/lab.target")
        for unit in MASKED:
            (units / unit).unlink(missing_ok=True)
            (units / unit).symlink_to("/dev/null")
        (tree / "etc/hostname").write_text("hub\n")
        (tree / "etc/fstab").write_text("/dev/vda / ext4 rw 0 1\n")
        for folder in ("out", "host", "lib/modules"):
            (tree / folder).mkdir(parents=True, exist_ok=True)
        part = scratch / "disk"
        with open(part, "wb") as file:
            file.truncate(DISK_LENGTH)
        run("mke2fs", "-q", "-t", "ext4", "-d", tree, part)
        shutil.move(part, disk)
    return disk


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
