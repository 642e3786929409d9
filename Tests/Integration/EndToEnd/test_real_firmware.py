"""`corhub smp` against real device firmware over serial lines: Zephyr's SMP server and MCUboot, not ours."""

import time

import pytest

import firmware

try:
    SERVERS = firmware.servers(lambda name: "serial" in name and "cobs" not in name)
    WHY_NOT = None
except firmware.Missing as missing:
    SERVERS, WHY_NOT = {}, str(missing)

NATIVE = sorted(name for name in SERVERS if name.startswith("native_sim"))
EMULATED = sorted(name for name in SERVERS if name.startswith("qemu_cortex_m0_serial_buf"))
WITH_IMAGES = sorted(name for name in SERVERS if name.startswith("mps2"))
# The UART of native_sim has no speed; where the receiver holds few lines, a gap lets it come along. With lines of 512
# bytes fewer of them are needed.
OPTIONS = {"native_sim_serial": "?gap=20ms", "native_sim_serial_line512": "?line=512&gap=20ms",
           # An emulated UART that stops for good when more than three lines come at once.
           "qemu_cortex_m0_serial": "?message=256"}
# COBS stands in no released MCUboot. These are what the package holds besides.
COUNTS = {"native_sim": 12, "qemu_cortex_m0": 3, "mps2": 6}


@pytest.fixture
def start(tmp_path):
    running = []

    def start(name):
        options = OPTIONS.get(name, "")
        if reason := WHY_NOT or firmware.why_not(SERVERS[name]):
            pytest.skip(reason)
        if SERVERS[name]["transport"] == "serial_raw":
            options += ("&" if options else "?") + "framing=raw"
        running.append(firmware.Server(SERVERS[name], tmp_path, options))
        return running[-1]

    yield start
    for server in running:
        server.end()


def test_every_server_is_there():
    if WHY_NOT:
        pytest.skip(WHY_NOT)
    found = {kind: sum(name.startswith(kind) for name in SERVERS) for kind in COUNTS}
    assert found == COUNTS


@pytest.mark.parametrize("name", NATIVE + EMULATED or [pytest.param("", marks=pytest.mark.skip(WHY_NOT or ""))])
def test_it_echoes_and_tells_its_buffers(name, start):
    server = start(name)
    assert server.result("echo", "hello")["text"] == "hello"
    status, answer = server.smp("params")
    if "noparams" in name:
        assert (status, answer["error"]["code"]) == (1, "device-refused")
    else:
        assert answer["result"] == {"buf_size": server.entry["buf_size"], "buf_count": server.entry["buf_count"]}


@pytest.mark.parametrize("name", NATIVE + EMULATED or [pytest.param("", marks=pytest.mark.skip(WHY_NOT or ""))])
def test_a_message_fills_the_device_s_buffer_to_the_last_byte(name, start):
    server = start(name)
    # The request is header and {"d": text}; with a console's frame it has four bytes more. The answer is header and
    # {_ "r": text}, one byte more than the request. Heads have three bytes from 256 on.
    room = server.entry["buf_size"] - 8 - 3 - (1 if "raw" in name else 4)
    text = "x" * (room - (3 if room > 258 else 2))
    assert server.result("echo", text)["text"] == text
    status, answer = server.smp("echo", text + "x", options=["--timeout", "1", "--attempts", "1"])
    assert status != 0, f"one byte more is taken: {answer}"


@pytest.mark.parametrize("name", NATIVE + EMULATED or [pytest.param("", marks=pytest.mark.skip(WHY_NOT or ""))])
def test_a_server_without_images_says_so(name, start, tmp_path):
    server = start(name)
    assert "img" not in server.entry["groups"]
    (tmp_path / "image.bin").write_bytes(bytes(5_000))
    for words in (["image", "list"], ["image", "upload", tmp_path / "image.bin"]):
        status, answer = server.smp(*map(str, words))
        assert (status, answer["error"]["code"]) == (1, "device-refused")
        assert "NOTSUP" in answer["error"]["message"]


@pytest.mark.parametrize("name", WITH_IMAGES or [pytest.param("", marks=pytest.mark.skip(WHY_NOT or ""))])
def test_an_application_lists_its_image_and_takes_an_upload(name, start, tmp_path):
    server = start(name)
    signed = (firmware.fetch() / server.entry["artifact"].replace(".hex", ".signed.bin")).read_bytes()
    _, running = firmware.image(signed, (0, 0, 0))
    before = server.result("image", "list")["images"]
    assert [(slot["slot"], slot["version"], slot["hash"]) for slot in before] == [(0, "0.0.0", running)]
    assert before[0]["active"] and before[0]["confirmed"]

    # As much as an emulated flash takes in seconds.
    content, digest = firmware.image(signed, (1, 2, 3))
    (tmp_path / "image.bin").write_bytes(content)
    upload = server.result("image", "upload", str(tmp_path / "image.bin"), options=["--timeout", "20"])
    assert upload["length"] == len(content)
    after = server.result("image", "list")["images"]
    assert [(slot["slot"], slot["version"], slot["hash"]) for slot in after] == [
        (0, "0.0.0", running), (1, "1.2.3", digest)]


@pytest.mark.parametrize(
    "name", [name for name in WITH_IMAGES if name.endswith(("recovery", "recovery_raw"))]
    or [pytest.param("", marks=pytest.mark.skip(WHY_NOT or ""))])
def test_mcuboot_s_serial_recovery_takes_an_upload(name, start, tmp_path):
    server = start(name)
    assert server.result("reset", "bootloader") == {"restarts": True}
    # The application goes on to answer for a moment; the boot loader has buffers of its own.
    recovery = {"buf_size": server.entry["recovery_buf_size"], "buf_count": server.entry["recovery_buf_count"]}
    if name.endswith("raw"):
        # Bare messages have no marks. Once the loader did not answer rightly for a minute; what fits is that it had got
        # only the end of a request while it started, which would shift all that follow. Not traced.
        time.sleep(5)
    server.until(lambda: server.smp("params", options=["--timeout", "1"])[1].get("result") == recovery)
    signed = (firmware.fetch() / server.entry["artifact"].replace(".hex", ".signed.bin")).read_bytes()
    content, digest = firmware.image(signed, (4, 5, 6))
    (tmp_path / "image.bin").write_bytes(content)
    upload = server.result("image", "upload", str(tmp_path / "image.bin"), options=["--timeout", "20"])
    assert upload["length"] == len(content)
    images = server.result("image", "list")["images"]
    assert digest in [slot["hash"] for slot in images] or "4.5.6" in [slot["version"] for slot in images]


@pytest.fixture
def updatable(start, tmp_path):
    """An application under MCUboot with a second image in its other slot, and that image's hash."""
    server = start("qemu_cortex_m0_serial")
    signed = next(firmware.fetch().glob("*qemu_cortex_m0_serial.signed.bin")).read_bytes()
    content, digest = firmware.image(signed, (1, 2, 3))
    (tmp_path / "image.bin").write_bytes(content)
    assert server.result("image", "upload", str(tmp_path / "image.bin"), options=["--timeout", "20"])["length"] == len(
        content)
    return server, digest


def versions(images):
    return [(slot["slot"], slot["version"]) for slot in images]


@pytest.mark.skipif("qemu_cortex_m0_serial" not in SERVERS, reason=WHY_NOT or "not in the package")
def test_an_image_under_test_runs_once_and_mcuboot_reverts_it(updatable):
    server, digest = updatable
    marked = server.result("image", "test", digest[:16])["images"]
    assert [slot["pending"] for slot in marked if slot["hash"] == digest] == [True]
    server.result("reset")
    server.await_boot()
    swapped = server.result("image", "list")["images"]
    assert versions(swapped) == [(0, "1.2.3"), (1, "0.0.0")]
    assert [(slot["active"], slot["confirmed"]) for slot in swapped] == [(True, False), (False, True)]
    server.result("reset")
    server.await_boot()
    reverted = server.result("image", "list")["images"]
    assert versions(reverted) == [(0, "0.0.0"), (1, "1.2.3")]
    assert reverted[0]["active"] and reverted[0]["confirmed"]


@pytest.mark.skipif("qemu_cortex_m0_serial" not in SERVERS, reason=WHY_NOT or "not in the package")
def test_an_image_that_is_confirmed_stays(updatable):
    server, digest = updatable
    server.result("image", "test", digest)
    server.result("reset")
    server.await_boot()
    assert server.result("image", "confirm")["images"][0]["confirmed"]
    server.result("reset")
    server.await_boot()
    kept = server.result("image", "list")["images"]
    assert (kept[0]["version"], kept[0]["hash"]) == ("1.2.3", digest)
    assert kept[0]["active"] and kept[0]["confirmed"]
