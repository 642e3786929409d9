"""A virtual machine with a disk of its own and systemd on it, for what is installed and outlives a boot."""

from kernel import BOOT_MODULES
from vm import Machine

DISK_MODULES = [*BOOT_MODULES, "virtio_blk", "ext4"]


class DiskMachine(Machine):
    def __init__(self, kernel, machine_folder, disk):
        """`disk` is an image of a root; it keeps what the machine writes."""
        super().__init__(kernel, machine_folder, [
            # What the guest has flushed survives an end of QEMU; scripts/powercut is stricter with the rest.
            "-drive", f"file={disk},if=none,id=disk,format=raw,cache=writeback", "-device", "virtio-blk-pci,drive=disk",
        ])
        self.initramfs = kernel.make_initramfs(machine_folder / "init-disk", "initramfs-disk.gz", DISK_MODULES)

    def arguments(self, folder):
        arguments = super().arguments(folder)
        arguments[arguments.index("-initrd") + 1] = str(self.initramfs)
        return arguments
