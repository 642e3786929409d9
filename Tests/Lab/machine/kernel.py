"""A Debian kernel for the lab's machine, fetched by apt and unpacked beside the other builds; nothing is installed."""

import lzma
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

# Known to work; 6.1.0-55 and -56 crash where Bluetooth encryption fails.
PACKAGE = "linux-image-6.12.117+deb12-amd64"
# Where the archive has dropped that one.
SUCCESSOR = "linux-image-6.12-amd64"
# What the machine needs before it can see the host's root.
BOOT_MODULES = "virtio_pci 9pnet_virtio 9p overlay virtio_rng".split()
BUSYBOX_COMMANDS = "sh mount umount mkdir insmod switch_root cat echo ln rm".split()


class NotAvailable(Exception):
    """The lab cannot run here; the text says why."""


def run(*command, **options):
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, **{"text": True, **options}).stdout


class Kernel:
    """One kernel: `folder` holds vmlinux, initramfs.gz and lib/modules."""

    def __init__(self, cache, init, package=None):
        self.folder = None
        wanted = package or PACKAGE
        cache.mkdir(parents=True, exist_ok=True)
        found = self.unpacked(cache, wanted)
        if not found and not package:
            wanted = self.successor() if not self.is_in_archive(wanted) else wanted
            found = self.unpacked(cache, wanted)
        self.package = wanted
        self.folder = found or self.fetch(cache, wanted)
        self.make_initramfs(init)

    @staticmethod
    def unpacked(cache, package):
        folder = cache / package
        return folder if (folder / "vmlinux").is_file() else None

    @staticmethod
    def is_in_archive(package):
        try:
            return "Filename:" in run("apt-cache", "show", package)
        except (subprocess.CalledProcessError, FileNotFoundError):
            return False

    @staticmethod
    def successor():
        try:
            lines = run("apt-cache", "depends", SUCCESSOR).splitlines()
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise NotAvailable(f"no kernel package: {error}") from None
        for line in lines:
            if "Depends: linux-image-" in line:
                return line.split()[-1]
        raise NotAvailable(f"{SUCCESSOR} names no kernel")

    @staticmethod
    def fetch(cache, package):
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            scratch = pathlib.Path(scratch)
            try:
                run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package, cwd=scratch)
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                raise NotAvailable(f"{package} cannot be fetched: {getattr(error, 'stderr', error)}") from None
            tree = scratch / "tree"
            run("dpkg-deb", "-x", next(scratch.glob("*.deb")), tree)
            result = scratch / "result"
            (result / "lib").mkdir(parents=True)
            modules = next(path for path in (tree / "lib/modules", tree / "usr/lib/modules") if path.is_dir())
            version = next(modules.iterdir()).name
            shutil.move(modules, result / "lib/modules")
            run("depmod", "-b", result, version)
            (result / "vmlinux").write_bytes(vmlinux((tree / f"boot/vmlinuz-{version}").read_bytes()))
            folder = cache / package
            shutil.rmtree(folder, ignore_errors=True)
            result.rename(folder)
        return folder

    @property
    def version(self):
        return next((self.folder / "lib/modules").iterdir()).name

    def make_initramfs(self, init, name="initramfs.gz", modules=BOOT_MODULES):
        """Static busybox, the modules that mount the root, and `init`. Returns its path."""
        image = self.folder / name
        if image.is_file() and image.stat().st_mtime > init.stat().st_mtime:
            return image
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            for name in "bin mod proc sys dev lower rw new".split():
                (scratch / name).mkdir()
            shutil.copy("/bin/busybox", scratch / "bin")
            for command in BUSYBOX_COMMANDS:
                (scratch / "bin" / command).symlink_to("busybox")
            names = []
            listing = run("modprobe", "-d", self.folder, "-S", self.version, "--show-depends", "-a", *modules)
            for line in listing.splitlines():
                if not line.startswith("insmod "):
                    continue
                path = pathlib.Path(line.split()[1])
                name = path.name.removesuffix(".xz")
                if name in names:
                    continue
                names.append(name)
                content = path.read_bytes()
                (scratch / "mod" / name).write_bytes(lzma.decompress(content) if path.suffix == ".xz" else content)
            (scratch / "mod/list").write_text("\n".join(names) + "\n")
            shutil.copy(init, scratch / "init")
            (scratch / "init").chmod(0o755)
            paths = "\n".join(sorted(str(path.relative_to(scratch)) for path in scratch.rglob("*")))
            archive = run("cpio", "-o", "-H", "newc", "--quiet", cwd=scratch, input=paths.encode(), text=False)
        compressor = zlib.compressobj(1, wbits=31)
        image.write_bytes(compressor.compress(archive) + compressor.flush())
        return image


def vmlinux(image):
    """The ELF file inside a bzImage: QEMU starts it directly (PVH), which saves unpacking it under emulation."""
    # Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length.
    setup_length = ((image[0x1F1] or 4) + 1) * 512
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[setup_length + offset:setup_length + offset + length]
    if payload.startswith(b"\xfd7zXZ\0"):
        elf = lzma.LZMADecompressor().decompress(payload)
    elif payload.startswith(b"\x1f\x8b"):
        elf = zlib.decompressobj(31).decompress(payload)
    elif payload.startswith(b"\x28\xb5\x2f\xfd"):
        # The unpacked length follows the frame.
        elf = run("zstd", "--decompress", "--stdout", "--quiet", input=payload[:-4], text=False)
    else:
        raise NotAvailable(f"a kernel packed in a way that the lab does not know: {payload[:6].hex()}")
    if not elf.startswith(b"\x7fELF"):
        raise NotAvailable("the kernel's image holds no ELF file")
    return elf
