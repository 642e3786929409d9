#!/usr/bin/env python3
"""Signs a trained model, so that `corhub model install` takes it.

    python3 models/esr/sign.py keygen FOLDER                  a key and its certificate, for tests and trials
    python3 models/esr/sign.py sign MODEL --key PEM --certificate PEM --environment NAME --out FILE

The message is `signed-model` of firmware-specs/cddl/model.cddl: COSE_Sign1, ES256. A maker's real key is kept where keys
are kept, and never in this repository. Needs cbor2 and cryptography (Tests/Conformance/requirements.txt).
"""

import argparse
import datetime
import hashlib
import pathlib

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

ALGORITHM = "corhub.esr"


def keygen(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "corhub model maker")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650)).sign(key, hashes.SHA256()))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model-key.pem"
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (folder / "model.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def header(model):
    """The header's lines `name value`, without the first."""
    lines = model[:model.index(b"\n\n")].decode().split("\n")
    return dict(line.split(" ", 1) for line in lines[1:])


def sign(model, key, certificate, environment):
    """The message's bytes."""
    said = header(model)
    statement = {
        1: 1, 2: ALGORITHM, 3: int(said["revision"]), 4: said["profile"], 5: round(100 * float(said["shift_max"])),
        6: hashlib.sha256(model).digest(), 7: model}
    dumps = lambda value: cbor2.dumps(value, canonical=True)
    thumbprint = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()
    protected = dumps({1: -7, 34: [-16, thumbprint]})
    payload = dumps(statement)
    signed = dumps(["Signature1", protected, dumps(["corhub-model-v1", environment]), payload])
    r, s = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("keygen").add_argument("folder", type=pathlib.Path)
    signing = verbs.add_parser("sign")
    signing.add_argument("model", type=pathlib.Path)
    signing.add_argument("--key", type=pathlib.Path, required=True)
    signing.add_argument("--certificate", type=pathlib.Path, required=True)
    signing.add_argument("--environment", required=True, help="as fixed at the hubs' enrolment, such as production")
    signing.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if options.verb == "keygen":
        keygen(options.folder)
        return
    key = serialization.load_pem_private_key(options.key.read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(options.certificate.read_bytes())
    options.out.write_bytes(sign(options.model.read_bytes(), key, certificate, options.environment))


if __name__ == "__main__":
    main()
