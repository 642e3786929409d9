"""Enrolment: one command, safe by default, against the upstream and against EST servers and clients of others."""

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import termios
import time

import pytest

from enrolling import enroll, error, token
from est_server import make_authority, openssl
from stage import HUB, PROGRAMS


# --- one command ---


def test_a_token_is_all_that_is_needed(stage):
    stage.start_device()
    stage.start_upstream()
    told = json.loads(enroll(stage, stage.url, "--token", token(stage)["token"]).stdout)
    assert told["hub"] == HUB and told["environment"] == "test" and told["key_protection"] == "file"
    identity = stage.folder / "hub" / "identity"
    for key in ("tls.key", "signing.key"):
        assert (identity / key).stat().st_mode & 0o777 == 0o600
    for name, purpose in (("tls", "sslclient"), ("signing", "any")):
        openssl(identity, "verify", "-x509_strict", "-purpose", purpose, "-CAfile", "upstream-ca.pem", f"{name}.pem")
    shown = json.loads(stage.command("corhub", "enroll", "status", "--identity", identity, "--json").stdout)
    assert shown["hub"] == HUB and [c["use"] for c in shown["certificates"]] == ["tls", "signing"]
    # Once is enough; a second time is refused, and changes nothing.
    before = {path.name: path.read_bytes() for path in identity.glob("*.pem")}
    assert error(enroll(stage, stage.url, "--token", token(stage)["token"], status=4)) == "enrolled"
    assert before == {path.name: path.read_bytes() for path in identity.glob("*.pem")}


def test_a_token_that_is_typed_is_not_shown(stage):
    stage.start_device()
    stage.start_upstream()
    secret = token(stage)["token"]
    keyboard, terminal = pty.openpty()
    command = subprocess.Popen(
        [PROGRAMS / "corhub", "enroll", "--url", stage.url, "--identity", stage.folder / "typed/identity", "--token", "-"],
        stdin=terminal, stdout=terminal, stderr=terminal, close_fds=True)
    os.close(terminal)
    screen = b""
    while not screen.endswith(b"Token: "):
        screen += os.read(keyboard, 1_024)
    os.write(keyboard, secret.encode() + b"\n")
    # EIO says that nobody has the terminal open any more.
    with contextlib.suppress(OSError):
        while more := os.read(keyboard, 65_536):
            screen += more
    os.close(keyboard)
    assert command.wait(30) == 0, screen
    assert b"enrolled" in screen.lower() and secret.encode() not in screen, screen


class Typing:
    """`corhub enroll` at the question for its token, on a terminal that is its own."""

    def __init__(self, stage):
        self.keyboard, terminal = pty.openpty()
        # A shell's echo, whatever the machine that tests has.
        self.shown = termios.tcgetattr(terminal)
        assert self.shown[3] & termios.ECHO
        self.command = subprocess.Popen(
            [PROGRAMS / "corhub", "enroll", "--url", "https://127.0.0.1:1", "--identity", stage.folder / "left/identity", "--token", "-"],
            stdin=terminal, stdout=terminal, stderr=terminal, close_fds=True,
            # In the session of this test, so that it can be stopped: POSIX lets no orphaned process group be.
            process_group=0)
        os.close(terminal)

    def await_question(self):
        screen = b""
        while not screen.endswith(b"Token: "):
            screen += os.read(self.keyboard, 1_024)
        assert not self.is_as_before() and not termios.tcgetattr(self.keyboard)[3] & termios.ECHO

    def is_as_before(self):
        return termios.tcgetattr(self.keyboard) == self.shown

    def end(self):
        if self.command.poll() is None:
            self.command.kill()
        self.command.wait(30)
        os.close(self.keyboard)


@pytest.fixture
def typing(stage):
    typing = Typing(stage)
    yield typing
    typing.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_who_leaves_the_question_for_a_token_has_the_terminal_as_before(typing, number):
    typing.await_question()
    typing.command.send_signal(number)
    assert typing.command.wait(30) == -number
    assert typing.is_as_before()


def test_who_stops_at_the_question_for_a_token_has_the_terminal_as_before_and_is_asked_again(typing):
    typing.await_question()
    for _ in range(2):
        typing.command.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(typing.command.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status) and typing.is_as_before()
        typing.command.send_signal(signal.SIGCONT)
        typing.await_question()
    typing.command.terminate()
    assert typing.command.wait(30) == -signal.SIGTERM and typing.is_as_before()


def test_enrolled_again_keeps_its_name_and_bars_the_certificate_of_before(stage):
    stage.start_device()
    stage.start_upstream()
    enroll(stage, stage.url, "--token", token(stage)["token"])
    identity = stage.folder / "hub" / "identity"
    keys = {name: (identity / name).read_bytes() for name in ("tls.key", "signing.key")}
    (stage.folder / "old.pem").write_text((identity / "tls.pem").read_text())
    fresh = token(stage)["token"]
    enroll(stage, stage.url, "--again", "--token", fresh)
    # Somebody may have had the keys of before; the same command again changes nothing.
    renewed = {name: (identity / name).read_bytes() for name in keys}
    assert not set(keys.values()) & set(renewed.values()) and not list(identity.glob("*.next.key"))
    enroll(stage, stage.url, "--again", "--token", fresh)
    assert renewed == {name: (identity / name).read_bytes() for name in keys}
    other = json.loads(stage.command(
        "corhub-upstream", "token", "create", "hub-0002", "--state", stage.folder / "upstream", "--json").stdout)["token"]
    assert error(enroll(stage, stage.url, "--again", "--token", other, status=4)) == "other-hub"
    (stage.folder / "old.key").write_bytes(keys["tls.key"])
    done = subprocess.run(
        ["curl", "--silent", "--cacert", identity / "upstream-ca.pem", "--cert", stage.folder / "old.pem", "--key",
         stage.folder / "old.key", stage.url + "/v1/profile"], capture_output=True, text=True, timeout=30)
    assert json.loads(done.stdout)["error"]["code"] == "forbidden"


def test_wrong_arguments_are_said(stage):
    url = "https://localhost:1"
    for arguments, code in [
        (["--token", "bare"], "token"), (["--token", "bare", "--hub", HUB], "ca"),
        (["--token", "bare", "--hub", "HUB"], "hub-id"), (["--token", ""], "token"),
        (["--token", "bare", "--hub", HUB, "--ca-fingerprint", "zz"], "ca-fingerprint"),
    ]:
        assert error(enroll(stage, url, *arguments, status=64)) == code
    assert error(enroll(stage, "http://localhost", "--token", "bare", "--hub", HUB, status=64)) == "url"
    done = enroll(stage, url, "--token", "bare", "--hub", HUB, "--ca", stage.folder / "none.pem", status=1)
    assert error(done) == "ca"


# --- others' EST ---


@pytest.mark.skipif(not shutil.which("pki"), reason="strongswan-pki is not installed")
def test_strongswan_enrols_and_renews_at_the_upstream(stage):
    def pki(*arguments, out=None):
        done = subprocess.run(["pki", *map(str, arguments)], cwd=stage.folder, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        if out:
            (stage.folder / out).write_bytes(done.stdout)

    stage.start_device()
    stage.start_upstream()
    ca = stage.folder / "upstream" / "ca.pem"
    pki("--estca", "--url", stage.url.replace("127.0.0.1", "localhost"), "--cacert", ca, "--caout", "ca.der")
    assert openssl(stage.folder, "x509", "-inform", "DER", "-in", "ca.der") == openssl(stage.folder, "x509", "-in", ca)
    for name in ("first", "second"):
        pki("--gen", "--type", "ecdsa", "--size", "256", "--outform", "pem", out=f"{name}.key")
        pki("--req", "--type", "priv", "--in", f"{name}.key", "--dn", "CN=any", out=f"{name}.csr")
    secret = token(stage)["token"].split(".")[1]
    url = stage.url.replace("127.0.0.1", "localhost")
    pki("--est", "--url", url, "--in", "first.csr", "--cacert", ca, "--userpass", f"{HUB}:{secret}", "--outform", "pem",
        out="first.pem")
    pki("--est", "--url", url, "--in", "second.csr", "--cacert", ca, "--cert", "first.pem", "--key", "first.key",
        "--outform", "pem", out="second.pem")
    for name in ("first", "second"):
        text = openssl(stage.folder, "x509", "-in", f"{name}.pem", "-noout", "-subject", "-pubkey").decode()
        assert f"CN = {HUB}" in text
        assert openssl(stage.folder, "pkey", "-in", f"{name}.key", "-pubout").decode() in text


def test_the_hub_enrols_and_renews_at_an_est_server_of_others(stage, server):
    est = server()
    enroll(stage, est.url, "--hub", HUB, "--token", "secret", "--ca-fingerprint", est.fingerprint)
    identity = stage.folder / "hub" / "identity"
    before = (identity / "tls.key").read_bytes()
    stage.command("corhub", "enroll", "renew", "--identity", identity)
    assert (identity / "tls.key").read_bytes() != before
    assert not list(identity.glob("*.next.key"))
    paths = [request["path"] for request in est.requests]
    assert paths[1:] == [f"/.well-known/est/{path}" for path in (
        "simpleenroll", "signing/simpleenroll")] + ["/v1/profile"] + [f"/.well-known/est/{path}" for path in (
            "cacerts", "simplereenroll", "signing/simplereenroll")]
    # The token goes once, without a certificate; what follows is by certificate.
    assert [request["path"] for request in est.secrets()] == ["/.well-known/est/simpleenroll"]
    assert all(request["peer"] for request in est.requests if "signing" in request["path"])


def test_an_authority_that_openssl_made_certifies_and_is_followed_by_another(stage):
    stage.start_device()
    for name in ("first", "second"):
        make_authority(stage.folder, name, subject="/O=COR/CN=Fleet")
    state = stage.folder / "upstream"
    stage.command("corhub-upstream", "init", state, "--environment", "test", "--ca-certificate", stage.folder / "first.pem",
                  "--ca-key", stage.folder / "first.key")
    stage.start_upstream()
    enroll(stage, stage.url, "--token", token(stage)["token"])
    identity = stage.folder / "hub" / "identity"
    for name in ("tls", "signing"):
        openssl(identity, "verify", "-x509_strict", "-CAfile", stage.folder / "first.pem", f"{name}.pem")
    stage.command("corhub-upstream", "ca", "roll", "--state", state, "--ca-certificate", stage.folder / "second.pem",
                  "--ca-key", stage.folder / "second.key")
    stage.upstream.end()
    stage.start_upstream()
    stage.command("corhub", "enroll", "renew", "--identity", identity)
    for name in ("tls", "signing"):
        openssl(identity, "verify", "-x509_strict", "-CAfile", stage.folder / "second.pem", f"{name}.pem")
    assert (identity / "upstream-ca.pem").read_text().count("BEGIN") == 2


def test_202_is_waited_for_as_long_as_it_says(stage, server):
    est = server(pending=2)
    start = time.monotonic()
    enroll(stage, est.url, "--hub", HUB, "--token", "secret", "--ca", est.ca)
    assert time.monotonic() - start >= 2
    other = server(pending=1000)
    done = enroll(stage, other.url, "--hub", HUB, "--token", "secret", "--ca", other.ca, "--wait", "0", name="other", status=75)
    assert error(done) == "pending"


def test_a_held_token_waits_for_the_operator(stage):
    stage.start_device()
    stage.start_upstream()
    made = token(stage, "--hold")
    assert error(enroll(stage, stage.url, "--token", made["token"], "--wait", "0", status=75)) == "pending"
    stage.command("corhub-upstream", "token", "release", made["id"], "--state", stage.folder / "upstream")
    enroll(stage, stage.url, "--token", made["token"], "--wait", "0")


# --- attacks ---


def test_threat_6_a_stolen_token_is_refused_and_named_on_both_sides(stage):
    stage.start_device()
    stage.start_upstream()
    made = token(stage)["token"]
    enroll(stage, stage.url, "--token", made, name="thief")
    done = enroll(stage, stage.url, "--token", made, status=4)
    assert error(done) == "token-used" and "somebody else has it" in done.stderr
    assert [a["kind"] for a in stage.operator("/v1/alarms")["alarms"]] == ["token-reused"]
    tries = [e for e in stage.operator("/v1/audit")["entries"] if e["caller"].startswith("token ")]
    assert [e["status"] for e in tries] == [200, 401] and tries[1]["request"].endswith("token-used")
    assert "token-used" in (stage.folder / "hub" / "identity" / "enrolment.log").read_text()
    # Revoked, the thief is out; a new token lets the rightful hub in.
    stage.command("corhub-upstream", "hub", "revoke", HUB, "--state", stage.folder / "upstream")
    thief = stage.folder / "thief" / "identity"
    done = stage.command("corhub", "enroll", "renew", "--identity", thief, "--json", status=1)
    assert error(done) == "forbidden"
    enroll(stage, stage.url, "--token", token(stage)["token"])


def test_threat_6_expired_revoked_and_unknown_tokens_are_told_apart(stage):
    stage.start_device()
    stage.start_upstream()
    made = token(stage)
    stage.command("corhub-upstream", "token", "revoke", made["id"], "--state", stage.folder / "upstream")
    assert error(enroll(stage, stage.url, "--token", made["token"], status=4)) == "token-revoked"
    parts = token(stage)["token"].split(".")
    unknown = ".".join([parts[0], "0" * 32, parts[2]])
    assert error(enroll(stage, stage.url, "--token", unknown, status=4)) == "token-unknown"


def test_threat_5_another_authority_never_gets_the_token(stage, server):
    est, right = server(), server()
    for way in (["--ca", right.ca], ["--ca-fingerprint", right.fingerprint]):
        done = enroll(stage, est.url, "--hub", HUB, "--token", "canary-token", *way, status=1)
        assert error(done) == "wrong-ca" and "not" in done.stderr
    assert est.secrets() == [] and "canary-token" not in str(est.requests)


@pytest.mark.parametrize("behaviour, codes", [
    ("portal", {"not-upstream"}), ("redirect", {"not-upstream"}), ("plain", {"not-upstream", "upstream"}),
])
def test_threat_5_a_captive_portal_never_gets_the_token(stage, server, behaviour, codes):
    """By the fingerprint: the portal is asked for the authority, and nothing it says bears that fingerprint."""
    portal, right = server(behaviour), server()
    done = enroll(stage, portal.url, "--hub", HUB, "--token", "canary-token", "--ca-fingerprint", right.fingerprint,
                  status=None)
    assert done.returncode in (1, 75) and error(done) in codes
    # By the file: TLS is refused before anything is said.
    done = enroll(stage, portal.url, "--hub", HUB, "--token", "canary-token", "--ca", right.ca, status=None)
    assert done.returncode in (1, 75) and error(done) in codes | {"wrong-ca"}
    assert portal.secrets() == [] and "canary-token" not in str(portal.requests)


def test_an_upstream_behind_the_right_authority_that_talks_nonsense_is_refused(stage, server):
    for number, (behaviour, code) in enumerate([
        ("garbage", "not-upstream"), ("portal", "not-upstream"), ("other-key", "certificate"), ("other-hub", "certificate"),
    ]):
        est = server(behaviour)
        done = enroll(stage, est.url, "--hub", HUB, "--token", "secret", "--ca", est.ca, name=f"hub-{number}", status=1)
        assert error(done) == code, behaviour
        identity = stage.folder / f"hub-{number}" / "identity"
        assert not (identity / "hub.json").exists() and not (identity / "tls.pem").exists()


def test_no_network_and_a_wrong_name_are_told(stage, server):
    est = server()
    done = enroll(stage, "https://localhost:1", "--hub", HUB, "--token", "s", "--ca", est.ca, status=75)
    assert error(done) == "no-network"
    # Its certificate is for the name, not for the address.
    done = enroll(stage, f"https://127.0.0.1:{est.port}", "--hub", HUB, "--token", "s", "--ca", est.ca, status=1)
    assert error(done) == "wrong-name" and est.secrets() == []


def test_a_wrong_clock_is_told_with_both_times(stage, clock):
    stage.start_device()
    stage.start_upstream()
    clock.stands(-55 * 365 * 86_400)
    done = subprocess.run(
        [PROGRAMS / "corhub", "enroll", "--url", stage.url, "--identity", stage.folder / "hub/identity", "--json", "--token",
         token(stage)["token"], "--ca", stage.folder / "upstream/ca.pem"],
        env=clock.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 75 and error(done) == "clock", done.stderr
    assert "set the clock" in done.stderr and "valid from 20" in done.stderr and "says 197" in done.stderr


# --- people ---


def test_ctrl_c_leaves_nothing_half_done(stage, server):
    est = server(pending=1000)
    arguments = [PROGRAMS / "corhub", "enroll", "--url", est.url, "--identity", stage.folder / "hub/identity", "--hub", HUB,
                 "--token", "secret", "--ca", est.ca]
    process = subprocess.Popen(list(map(str, arguments)), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stage.eventually(lambda: est.requests, "the hub waits")
    process.send_signal(signal.SIGINT)
    out, complaint = process.communicate(timeout=20)
    assert process.returncode == 130 and "the same command goes on" in complaint, (out, complaint)
    assert not (stage.folder / "hub/identity/hub.json").exists()
    est.pending = 0
    assert stage.command(*["corhub", *arguments[1:]]).returncode == 0


def test_at_a_terminal_each_step_is_told_as_it_is_done(stage):
    stage.start_device()
    stage.start_upstream()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PROGRAMS / "corhub", "enroll", "--url", stage.url, "--token", token(stage)["token"], "--identity",
         stage.folder / "hub/identity"], stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    told = os.read(ours, 65536).decode()
    os.close(ours)
    steps = ["✓ keys made on this hub", "✓ the upstream is the one that was meant", "✓ tls key certified until",
             "✓ signing key certified until"]
    assert [step for line in told.splitlines() for step in steps if line.startswith(step)] == steps
    assert f"{HUB} is enrolled (test)" in out and "for development" in out
