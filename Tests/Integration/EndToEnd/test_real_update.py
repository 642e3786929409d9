"""The hub's update machine against real MCUboot and Zephyr, in an emulated machine: not against a counterpart of ours.

The boot loader of this build checks hashes and has no key. The images are signed all the same, by a key made here, since the hub
takes no others; MCUboot passes over signatures that it is not built for. No group 64: the rig of this test says so to the machine,
and no configuration of the hub could.
"""

import json
import struct
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

import firmware
from stage import PROGRAMS

try:
    SERVERS = firmware.servers(lambda name: name == "qemu_cortex_m0_serial")
    WHY_NOT = None
except firmware.Missing as missing:
    SERVERS, WHY_NOT = {}, str(missing)
if SERVERS and not WHY_NOT:
    WHY_NOT = firmware.why_not(SERVERS["qemu_cortex_m0_serial"])

pytestmark = pytest.mark.skipif(not SERVERS or WHY_NOT is not None, reason=WHY_NOT or "not in the package")

# What the application prints when it has booted; before that its emulated UART does not bear a byte.
MARK = "smp_sample: build time"


@pytest.fixture
def device(tmp_path):
    # An emulated UART that stops for good when more than three lines come at once.
    server = firmware.Server(SERVERS["qemu_cortex_m0_serial"], tmp_path, "?message=256")
    yield server
    server.end()


@pytest.fixture
def signed(tmp_path):
    """An image of the fixture's own payload with another version, signed by imgtool; and the key."""
    original = next(firmware.fetch().glob("*qemu_cortex_m0_serial.signed.bin")).read_bytes()
    header, protected, length = struct.unpack_from("<HHI", original, 8)
    assert protected == 0
    payload, image = tmp_path / "payload.bin", tmp_path / "image.bin"
    payload.write_bytes(original[header:header + length])
    key = ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (tmp_path / "key.der").write_bytes(key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    done = subprocess.run(
        [sys.executable, "-m", "imgtool.main", "sign", "-k", tmp_path / "key.pem", "--version", "1.2.3", "--header-size",
         str(header), "--pad-header", "--align", "4", "--slot-size", str(1 << 20), payload, image],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return image, tmp_path / "key.der"


def run(device, signed, *options):
    """What the rig tells: phases in order, and the end."""
    image, key = signed
    done = subprocess.run(
        [PROGRAMS / "firmware-rig", device.link, key, image, "--boot-log", device.log, MARK, *options],
        capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{device.log.read_text(errors='replace')[-2000:]}"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line["phase"] for line in lines if "phase" in line], lines[-1]


def images(device):
    return [(slot["version"], slot["active"], slot["confirmed"])
            for slot in device.result("image", "list")["images"]]


def test_real_mcuboot_tries_an_image_and_brings_the_one_before_back_then_keeps_it(device, signed):
    phases, end = run(device, signed, "--roll-back")
    assert phases == ["offered", "waiting", "uploading", "marked-for-test", "rebooting", "proving", "reverting", "cancelled"]
    assert end == {"end": "cancelled", "reason": "asked-by-user"}
    assert images(device) == [("0.0.0", True, True), ("1.2.3", False, False)]

    phases, end = run(device, signed)
    assert phases[-3:] == ["proving", "confirming", "confirmed"] and end["end"] == "confirmed"
    assert images(device)[0] == ("1.2.3", True, True)


def test_an_image_with_one_bit_changed_is_found_to_be_refused_by_real_mcuboot(device, signed):
    phases, end = run(device, signed, "--corrupt")
    assert phases == ["offered", "waiting", "uploading", "marked-for-test", "rebooting", "failed-permanently"]
    assert end == {"end": "failed-permanently", "reason": "refused-by-boot-loader"}
    assert images(device)[0] == ("0.0.0", True, True)
