"""Judges COSE_Sign1 with pycose and with python-cwt.

    cose_judge.py check   messages as JSON lines {"algorithm", "key", "aad", "payload", "message"} on standard input, all
                          but the algorithm in hexadecimal; exit status 1 if one library does not verify one of them
    cose_judge.py emit    prints messages of the same shape, made by both libraries with keys of their own

A key is x || y for ES256 and x for EdDSA.
"""

import json
import sys

import cwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pycose.algorithms import EdDSA, Es256
from pycose.headers import KID, Algorithm
from pycose.keys import EC2Key, OKPKey
from pycose.keys.curves import P256, Ed25519
from pycose.messages import CoseMessage, Sign1Message

KEY_ID = b"judge"
AAD = bytes.fromhex("826161616d")
PAYLOAD = b"a payload"


def pycose_key(algorithm: str, public: bytes, private: bytes = b""):
    if algorithm == "ES256":
        return EC2Key(crv=P256, x=public[:32], y=public[32:], d=private)
    return OKPKey(crv=Ed25519, x=public, d=private)


def cwt_key(algorithm: str, public: bytes, private: bytes = b"", key_id: bytes = KEY_ID):
    key = {1: 2, 2: key_id, 3: -7, -1: 1, -2: public[:32], -3: public[32:]}
    if algorithm == "EdDSA":
        key = {1: 1, 2: key_id, 3: -8, -1: 6, -2: public}
    if private:
        key[-4] = private
    return cwt.COSEKey.new(key)


def verify(case: dict) -> None:
    message, key, aad = (bytes.fromhex(case[name]) for name in ("message", "key", "aad"))
    by_pycose = CoseMessage.decode(message)
    by_pycose.key = pycose_key(case["algorithm"], key)
    by_pycose.external_aad = aad
    if not by_pycose.verify_signature():
        raise ValueError("pycose does not verify it")
    by_pycose.external_aad = aad + b"\0"
    if by_pycose.verify_signature():
        raise ValueError("pycose verifies it in another context")
    if by_pycose.payload != bytes.fromhex(case["payload"]):
        raise ValueError("pycose reads another payload")
    key_id = by_pycose.phdr.get(KID) or by_pycose.uhdr.get(KID)
    payload = cwt.COSE.new().decode(message, cwt_key(case["algorithm"], key, key_id=key_id), external_aad=aad)
    if payload != bytes.fromhex(case["payload"]):
        raise ValueError("python-cwt reads another payload")


def check() -> int:
    count = 0
    for line in sys.stdin:
        try:
            verify(json.loads(line))
        except Exception as error:  # The libraries' errors share no base.
            print(f"message {count}: {error!r}", file=sys.stderr)
            return 1
        count += 1
    print(count)
    return 0


def new_key(algorithm: str) -> tuple[bytes, bytes]:
    if algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return point[1:], key.private_numbers().private_value.to_bytes(32, "big")
    key = ed25519.Ed25519PrivateKey.generate()
    return key.public_key().public_bytes_raw(), key.private_bytes_raw()


def emit() -> int:
    for algorithm, identifier in (("ES256", Es256), ("EdDSA", EdDSA)):
        public, private = new_key(algorithm)
        by_pycose = Sign1Message(phdr={Algorithm: identifier}, uhdr={KID: KEY_ID}, payload=PAYLOAD, external_aad=AAD)
        by_pycose.key = pycose_key(algorithm, public, private)
        by_cwt = cwt.COSE.new().encode(
            PAYLOAD, cwt_key(algorithm, public, private), protected={"alg": algorithm}, unprotected={"kid": KEY_ID},
            external_aad=AAD)
        for message in (by_pycose.encode(), by_cwt):
            print(json.dumps({
                "algorithm": algorithm, "key": public.hex(), "aad": AAD.hex(), "payload": PAYLOAD.hex(),
                "message": message.hex()}))
    return 0


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1] == "check" else emit())
