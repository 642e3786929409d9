"""Whoever may use the control socket can send anything: it is answered or dropped, and the agent goes on."""

import json
import os
import random
import socket
import subprocess

import pytest

from stage import PROGRAMS


def ask(stage, request):
    """The status of the answer, 0 where the agent only closed the connection."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(stage.socket))
        try:
            client.sendall(request)
            answer = client.recv(65_536)
        except (BrokenPipeError, ConnectionResetError):
            return 0, None
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1]) if head else 0
    return status, json.loads(body) if body.startswith(b"{") else None


def request(target, method="GET"):
    return f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def test_questions_that_make_no_sense_are_refused_with_a_code(stage):
    stage.start_all()
    for target, status in [
        ("/", 404), ("/v2/status", 404), ("/v1/readings/%00", 404), ("/v1/readings/../status", 404),
        ("/v1/readings?limit=0", 400), ("/v1/readings?limit=1001", 400),
        ("/v1/readings?limit=99999999999999999999", 400), ("/v1/readings?after=18446744073709551615", 400),
        ("/v1/readings?device=%22", 400), ("/v1/devices/nobody", 404), ("/v1/batches/zz/1", 400),
        ("/v1/batches?after=-1", 400), ("/v1/audit?from=9223372036854775808", 400),
    ]:
        found, body = ask(stage, request(target))
        assert found == status, target
        assert set(body["error"]) == {"code", "message"}, target
    assert ask(stage, request("/v1/status", "DELETE"))[0] == 405


def test_bytes_that_are_no_http_do_not_disturb_the_agent(stage):
    stage.start_all()
    chance = random.Random(20_260_101)
    for length in range(1, 200):
        ask(stage, chance.randbytes(length))
    ask(stage, b"GET /?" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n")
    ask(stage, b"POST /v1/buffer/flush HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 100_000)
    stage.measure()
    stage.await_readings(1)
    assert stage.agent.process.poll() is None


def test_watchers_that_leave_while_nothing_happens_free_their_places_at_once(stage):
    # Nothing happens: no device, and the next audit entries are an hour away.
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    config = stage.write_configuration()
    config.write_text(config.read_text().replace(f'"udp://127.0.0.1:{stage.device_port}"', ""))
    stage.start_agent()

    def watch():
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        client.connect(str(stage.socket))
        client.sendall(request("/v1/monitor"))
        return client, int(client.recv(4096).split()[1])

    def watch_until_refused():
        clients = []
        while len(clients) < 64:
            client, status = watch()
            clients.append(client)
            if status != 200:
                break
        for client in clients:
            client.close()
        return len(clients) - 1

    places = watch_until_refused()
    assert 1 < places < 32
    for _ in range(5):
        stage.eventually(lambda: watch_until_refused() == places, "all places are free again", seconds=5)


NOBODY = 65_534


@pytest.mark.skipif(os.getuid() != 0, reason="other users are root's to become")
def test_threat_25_another_user_is_sent_away_with_one_line_and_a_reader_changes_nothing(stage):
    stage.start_all()
    os.chmod(stage.folder, 0o755)

    def as_nobody(*arguments):
        return subprocess.run(
            [str(PROGRAMS / "corhub"), *arguments, "--socket", str(stage.socket)], capture_output=True, text=True,
            user=NOBODY, group=NOBODY, extra_groups=[], timeout=30)

    for folder in stage.folder.parents:
        os.chmod(folder, folder.stat().st_mode | 0o011)
    done = as_nobody("status")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "may not be used by this user" in done.stderr, done

    # nogroup is nobody's own: its members look, and change nothing.
    stage.agent.end()
    path = stage.folder / "corhub.toml"
    path.write_text(path.read_text().replace("[control]", "[control]\nread_group = \"nogroup\""))
    stage.start_agent()
    assert as_nobody("status").returncode == 0
    done = as_nobody("device", "register", "COR1-TEST-0001")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "this user may not do that" in done.stderr, done
    entries = [entry for entry in stage.corhub("audit", "show", "--limit", "1000")["entries"]
               if entry["type"] == "permission-refused"]
    assert [entry["detail"] for entry in entries] == ["POST /v1/devices/COR1-TEST-0001/register"], entries
    path.write_text(path.read_text().replace("nogroup", "no-such-group"))
    stage.agent.end()
    assert stage.command("corhub", "run", "--config", path, status=None).returncode != 0
