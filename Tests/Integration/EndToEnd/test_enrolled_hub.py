"""An enrolled hub's life: renewal, rotation, credentials, a year away, and secrets that stay where they are."""

import base64
import json
import os
import shutil
import subprocess
import time

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from enrolling import enroll, error, token
from est_server import openssl
from stage import HUB, PROGRAMS


def signer(batch):
    """The certificate that a batch at the upstream names, DER."""
    chain = cbor2.loads(base64.b64decode(batch["cose"])).value[1][33]
    return chain if isinstance(chain, bytes) else chain[0]


def pem_bytes(pem):
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


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


def test_a_revoked_hub_is_told_why_it_is_not_renewed_and_goes_on_with_a_new_token(stage):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration()
    stage.start_agent()
    stage.await_receipts()
    stage.command("corhub-upstream", "hub", "revoke", HUB, "--state", stage.folder / "upstream")
    done = stage.command("corhub", "enroll", "renew", "--socket", stage.socket, "--json", status=1)
    assert error(done) == "not-renewed" and "forbidden" in done.stderr
    assert stage.corhub("enroll", "status")["renewal"]["state"] == "refused"
    stage.agent.end()
    enroll(stage, stage.url, "--again", "--token", token(stage)["token"])
    stage.start_agent()
    assert stage.corhub("enroll", "renew")["renewal"]["state"] == "waiting"
    entries = stage.corhub("audit", "show", "--limit", "1000")["entries"]
    told = [entry["outcome"] for entry in entries if entry["type"] == "enrolment"]
    assert "refused" in told and any("enrolled as" in entry["detail"] for entry in entries)


def test_behind_half_of_their_life_the_agent_renews_by_itself(stage, clock):
    stage.start_device()
    stage.start_upstream()
    stage.enrol()
    stage.write_configuration()
    before = (stage.folder / "hub" / "identity" / "tls.pem").read_bytes()
    clock.stands(180 * 86_400)
    stage.start_agent(environment=clock.environment)
    waiting = stage.corhub("enroll", "status")
    assert waiting["renewal"] == {"state": "waiting", "reason": None, "attempts": 0}
    for certificate in waiting["certificates"]:
        life = certificate["end_ms"] - certificate["begin_ms"]
        assert 0.5 * life <= certificate["renewal_ms"] - certificate["begin_ms"] <= 0.55 * life
    stage.agent.end()
    # A part of a minute by chance, so that a fleet does not come at once.
    clock.stands(205 * 86_400)
    stage.start_agent(environment=clock.environment)
    stage.eventually(lambda: stage.corhub("enroll", "status")["renewal"]["attempts"] == 1, "it renews", seconds=90)
    assert stage.corhub("enroll", "status")["renewal"]["reason"] is None
    assert (stage.folder / "hub" / "identity" / "tls.pem").read_bytes() != before
    # By the hub's clock, which is ahead of the upstream's, the new one is due already: that is no reason to hurry.
    time.sleep(2)
    assert stage.corhub("enroll", "status")["renewal"]["attempts"] == 1


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
    assert done.returncode == 1 and error(done) == "certificate-ended", done.stderr
    made = json.loads(late("corhub-upstream", "token", "create", HUB, "--state", stage.folder / "upstream", "--json").stdout)
    done = late("corhub", "enroll", "--url", stage.url, "--identity", identity, "--again", "--token", made["token"])
    assert done.returncode == 0, done.stderr
    assert late("corhub", "enroll", "renew", "--identity", identity).returncode == 0


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
