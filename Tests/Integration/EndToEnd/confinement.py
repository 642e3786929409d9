"""A sandbox like that of systemd/corhub.service, for a process that is about to be started. It needs no service manager."""

import ctypes
import errno
import os
import pathlib
import platform
import struct

# Numbers of personality, mmap, socket: asm/unistd.h.
CALLS = {"x86_64": (135, 9, 41), "aarch64": (92, 222, 198)}[platform.machine()]


def filter_of_calls(*, refuses):
    """A filter of system calls, as BPF. Like the unit's it refuses personality(2), memory that is written and executed, and
    packet sockets; without `refuses` it lets everything through."""
    def step(code, value, hit=0, miss=0):
        return struct.pack("=HBBI", code, hit, miss, value)

    load, equal, mask, end, allow, fail = 0x20, 0x15, 0x54, 0x06, 0x7FFF0000, 0x50000
    personality, mmap, socket_ = CALLS
    if not refuses:
        return step(end, allow)
    return b"".join([
        step(load, 0), step(equal, personality, hit=9), step(equal, mmap, hit=2), step(equal, socket_, hit=4), step(end, allow),
        step(load, 32), step(mask, 0b110), step(equal, 0b110, hit=3, miss=2),  # mmap's protection: PROT_WRITE | PROT_EXEC
        step(load, 16), step(equal, 17, hit=2),  # socket's family: AF_PACKET
        step(end, allow), step(end, fail | errno.EPERM), step(end, fail | errno.EAFNOSUPPORT),
    ])


def confine(*, refuses=True):
    """As the service's unit does: nothing is written below /usr, no new privileges, and a filter of system calls."""
    libc = ctypes.CDLL(None, use_errno=True)

    def done(result):
        assert result == 0, os.strerror(ctypes.get_errno())

    user, group = os.getuid(), os.getgid()
    done(libc.unshare(0x20000 | (0 if user == 0 else 0x10000000)))  # CLONE_NEWNS, CLONE_NEWUSER
    if user:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    done(libc.mount(b"none", b"/", None, 0x44000, None))  # MS_REC | MS_PRIVATE
    done(libc.mount(b"/usr", b"/usr", None, 0x1000, None))  # MS_BIND
    done(libc.mount(b"none", b"/usr", None, 0x1021, None))  # MS_REMOUNT | MS_BIND | MS_RDONLY
    steps = ctypes.create_string_buffer(filter_of_calls(refuses=refuses))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", (len(steps) - 1) // 8, ctypes.addressof(steps)))
    done(libc.prctl(38, 1, 0, 0, 0))  # PR_SET_NO_NEW_PRIVS
    done(libc.prctl(22, 2, ctypes.byref(program), 0, 0))  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
