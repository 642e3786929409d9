"""Enrolment: one command, safe by default, against the upstream and against EST servers and clients of others."""

import base64
import json
import os
import shutil
import signal
import subprocess
import time

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from est_server import ESTServer, openssl
from stage import HUB, PROGRAMS


def error(done):
    """The code of a command's problem; it is one line on standard error too."""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return json.loads(done.stdout)["error"]["code"]


def enroll(stage, url, *arguments, name="hub", status=0, text=None):
    return stage.command(
        "corhub", "enroll", "--url", url, "--identity", stage.folder / name / "identity", "--json", *arguments,
        status=status, text=text)


def token(stage, *arguments):
    return json.loads(stage.command(
        "corhub-upstream", "token", "create", HUB, "--state", stage.folder / "upstream", "--json", *arguments).stdout)


def signer(batch):
    """The certificate that a batch at the upstream names, DER."""
    chain = cbor2.loads(base64.b64decode(batch["cose"])).value[1][33]
    return chain if isinstance(chain, bytes) else chain[0]


def pem_bytes(pem):
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


@pytest.fixture
def server(tmp_path):
    made = []

    def make(*arguments, **options):
        made.append(ESTServer(tmp_path / f"est-{len(made)}", *arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


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


def test_enrolled_again_keeps_its_name_and_bars_the_certificate_of_before(stage):
    stage.start_device()
    stage.start_upstream()
    enroll(stage, stage.url, "--token", token(stage)["token"])
    identity = stage.folder / "hub" / "identity"
    old = (identity / "tls.pem").read_text()
    enroll(stage, stage.url, "--again", "--token", token(stage)["token"])
    new = (identity / "tls.pem").read_text()
    assert old != new
    other = json.loads(stage.command(
        "corhub-upstream", "token", "create", "hub-0002", "--state", stage.folder / "upstream", "--json").stdout)["token"]
    assert error(enroll(stage, stage.url, "--again", "--token", other, status=4)) == "other-hub"
    (stage.folder / "old.pem").write_text(old)
    done = subprocess.run(
        ["curl", "--silent", "--cacert", identity / "upstream-ca.pem", "--cert", stage.folder / "old.pem", "--key",
         identity / "tls.key", stage.url + "/v1/profile"], capture_output=True, text=True, timeout=30)
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


# --- the hub's life ---


def test_the_agent_renews_and_rotates_while_readings_go_on(stage):
    stage.start_all()
    stage.measure()
    first = stage.await_readings(1)[0]["record_id"]
    stage.await_receipts()
    identity = stage.folder / "hub" / "identity"
    before = {name: (identity / name).read_bytes() for name in ("tls.key", "signing.key", "tls.pem", "signing.pem")}
    told = stage.corhub("enroll", "renew")
    assert told["renewal"]["attempts"] == 1 and told["renewal"]["reason"] is None
    for name, bytes_before in before.items():
        assert (identity / name).read_bytes() != bytes_before, name
    assert not list(identity.glob("*.next.key"))
    stage.measure(seed=12)
    ids = {reading["record_id"] for reading in stage.await_readings(2)}
    stage.await_receipts()
    # What was signed by the key of before is still proven, here and upstream; each batch names its key.
    chains = set()
    for reading in ids:
        trace = stage.corhub("reading", "trace", reading)
        assert not [check for check in trace["checks"] if check["outcome"] == "broken"], trace["checks"]
        chains.add(signer(stage.operator(f"/v1/readings/{reading}")["batch"]))
    assert first in ids and chains == {pem_bytes(before["signing.pem"]), pem_bytes((identity / "signing.pem").read_bytes())}
    types = [entry["type"] for entry in stage.corhub("audit", "show", "--limit", "1000")["entries"]]
    assert types.count("key-use") == 1 and types.count("enrolment") >= 3
    assert stage.operator("/v1/alarms")["alarms"] == []


def test_a_crashed_replacement_is_brought_to_its_end_in_both_orders(stage):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration()
    identity = stage.folder / "hub" / "identity"
    saved = stage.folder / "saved"
    shutil.copytree(identity, saved)
    stage.command("corhub", "enroll", "renew", "--identity", identity)
    for key in ("tls", "signing"):
        # The certificate is in place, and power failed before its key was the only one.
        shutil.copy(identity / f"{key}.key", identity / f"{key}.next.key")
        shutil.copy(saved / f"{key}.key", identity / f"{key}.key")
    stage.start_agent()
    assert not list(identity.glob("*.next.key"))
    stage.agent.end()
    # The next key is there, and power failed before its certificate was.
    for key in ("tls", "signing"):
        openssl(identity, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{key}.next.key")
        (identity / f"{key}.next.key").chmod(0o600)
    stage.start_agent()
    stage.measure()
    stage.await_readings(1)
    stage.await_receipts()
    assert stage.corhub("enroll", "renew")["renewal"]["reason"] is None


@pytest.mark.parametrize("spoil, reason", [
    (lambda f: (f / "tls.key").unlink(), "does not exist"),
    (lambda f: (f / "signing.key").chmod(0o644), "can be used by others"),
    (lambda f: (f / "signing.key").write_text("garbage"), "no P-256 private key"),
    (lambda f: shutil.copy(f / "signing.key", f / "tls.key"), "is not for the hub's tls key"),
    (lambda f: (f / "signing.pem").write_text("garbage"), "no certificates"),
    (lambda f: (f / "hub.json").unlink(), "enrol this hub first"),
])
def test_a_missing_unreadable_or_mismatched_key_stops_the_start_with_one_line(stage, spoil, reason):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    spoil(stage.folder / "hub" / "identity")
    done = stage.command("corhub", "run", "--config", stage.write_configuration(), status=4)
    assert len(done.stderr.strip().splitlines()) == 1 and reason in done.stderr, done.stderr
    assert "PRIVATE" not in done.stderr


def test_keys_that_are_credentials_are_used_reported_and_renewed(stage):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration()
    identity, credentials = stage.folder / "hub" / "identity", stage.folder / "credentials"
    credentials.mkdir()
    for use in ("tls", "signing"):
        (identity / f"{use}.key").rename(credentials / f"corhub-{use}-key")
    (credentials / "corhub-storage-key").write_text(os.urandom(32).hex() + "\n")
    held = (credentials / "corhub-tls-key").read_text()
    stage.start_agent(environment={**os.environ, "CREDENTIALS_DIRECTORY": str(credentials)})
    assert stage.corhub("enroll", "status")["key_protection"] == "credential"
    before = (identity / "tls.pem").read_text()
    told = stage.corhub("enroll", "renew")
    assert told["renewal"]["reason"] is None and (identity / "tls.pem").read_text() != before
    assert (credentials / "corhub-tls-key").read_text() == held and not list(identity.glob("*.key"))
    stage.measure()
    reading = stage.await_readings(1)[0]["record_id"]
    stage.await_receipts()
    assert not [c for c in stage.corhub("reading", "trace", reading)["checks"] if c["outcome"] == "broken"]


def test_a_hub_that_was_away_for_a_year_across_a_roll_over_comes_back(stage, clock):
    """Its certificate has ended, the authority was followed by another twice, and it knows the first one only."""
    day = 86_400
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration()
    stage.start_agent()
    stage.measure()
    stage.await_readings(1)
    stage.await_receipts()
    stage.upstream.end()
    stage.measure(seed=12)
    stage.await_readings(2)
    stage.agent.end()
    identity = stage.folder / "hub" / "identity"
    known = (identity / "upstream-ca.pem").read_text()
    for months in (3, 8):
        clock.stands(months * 30 * day)
        subprocess.run([PROGRAMS / "corhub-upstream", "ca", "roll", "--state", stage.folder / "upstream"],
                       env=clock.environment, check=True, timeout=30)
    clock.stands(400 * day)
    stage.upstream = stage.start(
        "corhub-upstream", "serve", "--state", stage.folder / "upstream", "--listen", f"127.0.0.1:{stage.upstream_port}",
        "--device-ca", stage.folder / "device-ca" / "device-ca.pem", "--json", environment=clock.environment)
    stage.upstream.await_event("ready")
    stage.start_agent(environment=clock.environment)
    told = stage.corhub("enroll", "renew")
    assert told["renewal"]["reason"] is None, told
    assert len(told["authorities"]) == 3 and (identity / "upstream-ca.pem").read_text().startswith(known)
    stage.await_receipts()
    assert len(stage.operator_under(clock, "/v1/readings")["readings"]) == 2
    entries = stage.corhub("audit", "show", "--limit", "1000")["entries"]
    accepted = [entry for entry in entries if entry["type"] == "certificate-accepted" and entry["subject"] == "upstream-ca"]
    assert len(accepted) == 2 and all("known by another's word" in entry["detail"] for entry in accepted)
    # Ten years later the first authority has ended; a hub that stayed in touch knows the ones that follow.
    for name in ("tls", "signing"):
        openssl(identity, "verify", "-CAfile", "upstream-ca.pem", "-attime", int(time.time()) + 400 * day, f"{name}.pem")


def test_beyond_its_grace_a_hub_needs_a_new_token_and_goes_on_with_it(stage, clock):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.upstream.end()
    clock.stands((365 + 366) * 86_400)
    stage.upstream = stage.start(
        "corhub-upstream", "serve", "--state", stage.folder / "upstream", "--listen", f"127.0.0.1:{stage.upstream_port}",
        "--device-ca", stage.folder / "device-ca" / "device-ca.pem", "--json", environment=clock.environment)
    stage.upstream.await_event("ready")

    def late(program, *arguments):
        return subprocess.run([PROGRAMS / program, *map(str, arguments)], env=clock.environment, capture_output=True,
                              text=True, timeout=60)

    identity = stage.folder / "hub" / "identity"
    done = late("corhub", "enroll", "renew", "--identity", identity, "--json")
    assert done.returncode == 1 and error(done) == "certificate-refused", done.stderr
    made = json.loads(late("corhub-upstream", "token", "create", HUB, "--state", stage.folder / "upstream", "--json").stdout)
    done = late("corhub", "enroll", "--url", stage.url, "--identity", identity, "--again", "--token", made["token"])
    assert done.returncode == 0, done.stderr
    assert late("corhub", "enroll", "renew", "--identity", identity).returncode == 0


# --- people and secrets ---


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


def test_neither_tokens_nor_keys_get_into_logs_answers_or_databases(stage):
    stage.start_device()
    state = stage.folder / "upstream"
    stage.command("corhub-upstream", "init", state, "--environment", "test")
    stage.upstream = stage.start(
        "corhub-upstream", "serve", "--state", state, "--listen", "127.0.0.1:0", "--device-ca",
        stage.folder / "device-ca" / "device-ca.pem", "--json", "--verbose")
    stage.url = stage.upstream.await_event("ready")["url"]
    stage.upstream_port = int(stage.url.rsplit(":", 1)[1])
    made = token(stage)["token"]
    said = [enroll(stage, stage.url, "--token", made, name="thief")]
    said.append(enroll(stage, stage.url, "--token", made, status=4))
    fresh = token(stage)["token"]
    said.append(enroll(stage, stage.url, "--token", "-", text=fresh + "\n"))
    stage.write_configuration()
    stage.start_agent()
    stage.measure()
    stage.await_readings(1)
    stage.await_receipts()
    stage.corhub("enroll", "renew")
    said.append(stage.command("corhub", "audit", "show", "--limit", "1000", "--socket", stage.socket, "--json"))
    said.append(stage.command("corhub", "enroll", "status", "--socket", stage.socket))
    stage.agent.end()
    stage.upstream.end()
    canaries = [made.split(".")[1], fresh.split(".")[1]]
    keys = [*stage.folder.glob("*/identity/*.key"), *state.glob("*.key")]
    assert len(keys) >= 7
    for key in keys:
        canaries += [line for line in key.read_text().splitlines() if len(line) >= 40 and "-----" not in line]
    texts = {f"output {number}": done.stdout + done.stderr for number, done in enumerate(said)}
    for path in stage.folder.rglob("*"):
        if path.is_file() and path not in keys and path.parent.name != "device-ca":
            texts[str(path)] = path.read_bytes().decode("latin-1")
    assert any("ledger.sqlite" in name for name in texts) and any("corhub.log" in name for name in texts)
    found = [(name, canary[:6]) for name, text in texts.items() for canary in canaries if canary in text]
    assert found == []
