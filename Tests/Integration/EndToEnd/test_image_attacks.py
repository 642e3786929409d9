"""Threats 10 and 26: attacks on the image behind honest metadata. The old firmware runs, and the store stays usable."""

import time

import pytest

from rollout_stage import IMAGE, Hub, Publisher, rollout
from test_rollout_attacks import quoted
from test_schemas import judge


@pytest.mark.parametrize("lie, reason", [
    ("another", "hash-wrong"), ("endless", "endless-data"), ("none", "download-status"), ("slow", "slow-retrieval")])
def test_an_image_that_a_server_lies_about(stage, lie, reason):
    """Mix and match, endless data, denial and slow retrieval of an image: it is not taken, and is had once the lie has ended."""
    publisher = Publisher()
    publisher.release("1.1.0+0")
    publisher.rollouts(rollout("first", "1.1.0+0"))
    [image] = [name for name in publisher.repository.target_files if name.endswith(".image.bin")]
    sent = []

    def answer(handler):
        try:
            if lie == "another":
                handler.send_response(200)
                handler.send_header("Content-Length", str(len(IMAGE)))
                handler.end_headers()
                handler.wfile.write(IMAGE.swapcase())
                return
            if lie == "none":
                handler.send_error(404)
            else:
                handler.send_response(200)
                handler.send_header("Connection", "close")
                handler.end_headers()
            for _ in range(300 if lie == "slow" else 2_000 if lie == "endless" else 0):
                handler.wfile.write(b" " * (1 if lie == "slow" else 65_536))
                sent.append(1)
                if lie == "slow":
                    time.sleep(0.2)
        except OSError:
            pass  # Cut off, as it should be.
        handler.close_connection = True

    publisher.server.lies[quoted(image)] = answer
    publisher.publish()
    hub = Hub(stage, publisher)
    hub.check()
    hub.await_offer("1.1.0+0")
    update = lambda: stage.corhub("firmware", "status")["updates"][0]
    waits = lambda: [r["code"] for r in update()["waits_for"] if reason in r["message"]]
    stage.eventually(lambda: waits() == ["image-unavailable"], "it says why it has no image", 60)
    judge("firmware-status", stage.corhub("firmware", "status"))
    assert update()["phase"] == "downloading"
    assert lie != "endless" or len(sent) < 500
    hub.old_firmware_runs()
    # The lie has ended, and the same metadata hold.
    publisher.server.lies.clear()
    stage.corhub("firmware", "resume")
    # No key of the hub has signed what this is: it was had, and judged.
    stage.eventually(lambda: (u := update())["phase"] == "failed-permanently" and u["reason"] != reason, "the image is here")
    hub.usable()
    publisher.close()
