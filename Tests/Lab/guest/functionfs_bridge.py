"""A USB gadget whose messages a virtual device answers over UDP: Linux's own gadget stack does the enumeration.

usage: functionfs_bridge.py UDP-PORT SERIAL     lines "unplug" and "plug" on standard input; ends with it

FunctionFS on dummy_hcd: Documentation/usb/functionfs.rst, include/uapi/linux/usb/functionfs.h.
"""

import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading

import yaml

USB = yaml.safe_load((pathlib.Path(__file__).parents[3] / "firmware-specs/constants.yaml").read_text())["usb"]
GADGET = pathlib.Path("/sys/kernel/config/usb_gadget/corone")
MOUNT = pathlib.Path("/dev/ffs-corone")
MESSAGE_HEADER_LENGTH = 8
FIRST_EVENT_COMMAND = 32


def put(name, text):
    (GADGET / name).write_text(text)


def make_gadget(serial):
    if not GADGET.parent.is_dir():
        subprocess.run(["mount", "-t", "configfs", "none", "/sys/kernel/config"], check=True)
    GADGET.mkdir()
    put("idVendor", hex(USB["vendor_id"]))
    put("idProduct", hex(USB["product_id"]))
    (GADGET / "strings/0x409").mkdir()
    put("strings/0x409/manufacturer", USB["manufacturer"])
    put("strings/0x409/product", USB["product"])
    put("strings/0x409/serialnumber", serial)
    (GADGET / "configs/c.1").mkdir()
    (GADGET / "functions/ffs.corone").mkdir()
    (GADGET / "configs/c.1/ffs.corone").symlink_to(GADGET / "functions/ffs.corone")
    MOUNT.mkdir()
    subprocess.run(["mount", "-t", "functionfs", "corone", MOUNT], check=True)


def descriptors(packet_length, interval):
    interface = struct.pack(
        "<9B", 9, 4, 0, 0, 3, USB["interface_class"], USB["interface_subclass"], USB["interface_protocol"], 1)
    endpoints = (
        (0x01, 2, packet_length, 0), (0x82, 2, packet_length, 0), (0x83, 3, USB["event_length_max"], interval))
    return interface + b"".join(struct.pack("<BBBBHB", 7, 5, *endpoint) for endpoint in endpoints)


def open_control():
    control = os.open(MOUNT / "ep0", os.O_RDWR)
    full, high = descriptors(USB["packet_length_full"], 8), descriptors(USB["packet_length_high"], 4)
    body = struct.pack("<II", 4, 4) + full + high
    # FUNCTIONFS_DESCRIPTORS_MAGIC_V2, HAS_FS_DESC and HAS_HS_DESC; FUNCTIONFS_STRINGS_MAGIC.
    os.write(control, struct.pack("<III", 3, 12 + len(body), 3) + body)
    strings = struct.pack("<H", 0x409) + USB["product"].encode() + b"\0"
    os.write(control, struct.pack("<IIII", 2, 16 + len(strings), 1, 1) + strings)
    return control


def plug(is_in):
    put("UDC", os.listdir("/sys/class/udc")[0] if is_in else "\n")


def messages(endpoint):
    """Whole SMP messages, by the length in their headers; a reset of the bus begins anew."""
    pending = b""
    while True:
        try:
            pending += os.read(endpoint, 65_536)
        except OSError:
            pending = b""
            continue
        while len(pending) >= MESSAGE_HEADER_LENGTH:
            length = MESSAGE_HEADER_LENGTH + int.from_bytes(pending[2:4], "big")
            if len(pending) < length:
                break
            yield pending[:length]
            pending = pending[length:]


def write(endpoint, data):
    try:
        os.write(endpoint, data)
    except OSError:
        return  # Unplugged meanwhile; the hub asks again.
    if len(data) % USB["packet_length_high"] == 0:
        try:
            os.write(endpoint, b"")
        except OSError:
            return


def main():
    port, serial = int(sys.argv[1]), sys.argv[2]
    make_gadget(serial)
    open_control()
    plug(True)
    requests, answers, events = (os.open(MOUNT / f"ep{number}", os.O_RDWR) for number in (1, 2, 3))
    device = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    device.connect(("127.0.0.1", port))

    def forward_requests():
        for message in messages(requests):
            device.send(message)

    def forward_answers():
        while True:
            message = device.recv(65_536)
            is_event = message[0] & 7 == 1 and message[7] >= FIRST_EVENT_COMMAND
            is_short = len(message) <= USB["event_length_max"]
            write(events if is_event and is_short else answers, message)

    for body in (forward_requests, forward_answers):
        threading.Thread(target=body, daemon=True).start()
    print('{"event": "ready"}', flush=True)
    for line in sys.stdin:
        plug(line.strip() == "plug")
        print(f'{{"event": "{line.strip()}"}}', flush=True)
    plug(False)


main()
