"""A virtual machine on the host's own root, read-only under an overlay in RAM: QEMU without KVM is enough."""

import os
import shlex
import signal
import subprocess
import threading
import time

MEMORY_MEGABYTES = 1_024
PROCESSORS = 2


class Machine:
    def __init__(self, kernel, machine_folder, devices=()):
        """`devices` are further arguments of QEMU."""
        self.kernel = kernel
        self.machine_folder = machine_folder
        self.lock = threading.Lock()
        self.running = set()
        self.is_ended = False
        self.devices = devices

    def run(self, command, folder, seconds, environment):
        """Boots, runs the shell command and switches off.

        `folder` is /out in the guest; console.log in it takes what the console showed. Returns the command's exit
        status, 124 when the time is over, 125 when the machine ended without one (a kernel oops ends it at once).
        """
        status = folder / "status"
        process = self.start(command, folder, environment)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return 124
        finally:
            self.kill(process)
        return int(status.read_text()) if status.is_file() else 125

    def start(self, command, folder, environment):
        """The same, without waiting for its end."""
        (folder / "status").unlink(missing_ok=True)
        lines = {**environment, "LAB_COMMAND": command}
        (folder / "environment").write_text(
            "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in lines.items()))
        with self.lock, open(folder / "console.log", "wb") as console:
            if self.is_ended:
                raise RuntimeError("the lab is being ended")
            process = subprocess.Popen(
                self.arguments(folder), stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
                start_new_session=True)
            self.running.add(process)
            return process

    def end(self):
        """Kills the machines that run, and starts no more: the lab itself was told to end."""
        with self.lock:
            self.is_ended = True
            running = list(self.running)
        for process in running:
            self.kill(process)

    @staticmethod
    def kill(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def arguments(self, folder):
        append = " ".join([
            # Under load the kernel mistakes the speed of the TSC by a factor of ten; the HPET keeps the host's time.
            # Under more load it finds no timer at all, and panics: no_timer_check.
            "console=ttyS0 quiet loglevel=4 panic=-1 oops=panic mitigations=off tsc=unstable no_timer_check",
            f"lab.machine={self.machine_folder} lab.kernel={self.kernel.folder}",
        ])
        return [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-nographic", "-no-reboot",
            "-machine", "q35,usb=off", "-cpu", "max", "-accel", "tcg,thread=multi",
            "-smp", str(PROCESSORS), "-m", str(MEMORY_MEGABYTES),
            "-kernel", str(self.kernel.folder / "vmlinux"), "-initrd", str(self.kernel.folder / "initramfs.gz"),
            "-append", append, "-serial", "stdio", "-monitor", "none",
            "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
            "-virtfs", f"local,path={folder},mount_tag=out,security_model=none",
            "-object", "rng-random,id=random,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=random",
            *self.devices,
        ]


def measured(function, *arguments):
    """The function's result, and the seconds that it took."""
    start = time.monotonic()
    return function(*arguments), time.monotonic() - start
