"""An image that is fetched goes on where it stopped: behind a line that breaks, and behind a power cut of the hub."""

import http.server
import threading

import pytest

from rollout_stage import Hub
from test_publisher import Place, published

# Bytes of one request of the hub.
PART = 65_536


class SlowPlace(Place):
    """A publisher whose web server knows ranges, tells what was asked of an image, and stops where it is told."""

    def __init__(self, folder):
        super().__init__(folder)
        self.http.shutdown()
        self.asked = []
        # From this byte of an image on: "break" gives half of the part, "hold" nothing until `go`.
        self.stop, self.how, self.go = None, None, threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = outer.repository / http.server.urllib.parse.unquote(self.path).lstrip("/")
                if not path.is_file():
                    return self.send_error(404)
                data, head = path.read_bytes(), self.headers.get("Range")
                begin, end = (map(int, head.removeprefix("bytes=").split("-"))) if head else (0, len(data) - 1)
                end = min(end, len(data) - 1)
                part = data[begin:end + 1]
                if path.name.endswith(".image.bin"):
                    outer.asked.append(begin)
                    if outer.stop is not None and begin >= outer.stop:
                        if outer.how == "hold":
                            outer.go.wait(60)
                        else:
                            outer.stop = None
                            self.head(206, part, begin, end, data)
                            self.wfile.write(part[:len(part) // 2])
                            self.close_connection = True
                            return None
                self.head(206 if head else 200, part, begin, end, data)
                self.wfile.write(part)
                return None

            def head(self, status, part, begin, end, data):
                self.send_response(status)
                self.send_header("Content-Length", str(len(part)))
                if status == 206:
                    self.send_header("Content-Range", f"bytes {begin}-{end}/{len(data)}")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "publisher"
    folder.mkdir()
    place = SlowPlace(folder)
    place.add("cor-one-virtual-1.1.0.yaml", place.image("1.1.0", 1, payload=b"firmware" * 50))
    place.create("spring", "1.1.0+0", "--any-time", "--stage", "10000:0s")
    yield place
    place.go.set()
    place.close()


def await_release(stage):
    stage.eventually(
        lambda: stage.corhub("device", "list")["devices"][0]["firmware"] == "1.1.0", "the device runs the release", 90)


def test_a_power_cut_of_the_hub_costs_one_part(place, stage):
    place.stop, place.how = 2 * PART, "hold"
    hub = Hub(stage, published(place), image_key=place.public)
    hub.check()
    stage.eventually(lambda: 2 * PART in place.asked, "the third part is asked for")
    assert place.asked == [0, PART, 2 * PART]
    stage.agent.kill()
    place.stop = None
    place.go.set()
    stage.start_agent()
    await_release(stage)
    # What had come is not asked for again.
    assert place.asked == [0, PART, 2 * PART, 2 * PART, 3 * PART]


def test_a_line_that_breaks_costs_one_part(place, stage):
    place.stop, place.how = PART, "break"
    hub = Hub(stage, published(place), image_key=place.public)
    hub.check()
    stage.eventually(lambda: len(place.asked) >= 2, "the second part is asked for")
    # A person need not wait for the pause between two attempts.
    stage.eventually(
        lambda: stage.corhub("firmware", "resume", status=None) is not None and len(place.asked) >= 3, "it goes on")
    await_release(stage)
    assert place.asked == [0, PART, PART, 2 * PART, 3 * PART]
