"""Keys, certificates and COSE_Sign1 for the vectors; every byte is the same at each run.

The private keys are derived here from labels. They protect nothing and sign nothing but vectors.
"""

import datetime
import hashlib

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
START = datetime.datetime(2026, 1, 1)
END = datetime.datetime(2056, 1, 1)


def dumps(value):
    return cbor2.dumps(value, canonical=True)


def sha256(data):
    return hashlib.sha256(data).digest()


class Party:
    """A key with its certificate, issued by another party or by itself."""

    def __init__(self, label, subject, issuer=None, is_authority=False):
        secret = int.from_bytes(sha256(b"corhub vector key: " + label.encode()), "big") % (ORDER - 1) + 1
        self.key = ec.derive_private_key(secret, ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(kind, value) for kind, value in subject])
        self.issuer = issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.issuer.name)
            .public_key(self.key.public_key())
            .serial_number(int.from_bytes(sha256(label.encode())[:8], "big") | 1)
            .not_valid_before(START)
            .not_valid_after(END)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(
                x509.KeyUsage(not is_authority, False, False, False, False, is_authority, is_authority, False, False),
                critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        )
        if issuer:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        self.certificate = builder.sign(self.issuer.key, hashes.SHA256(), ecdsa_deterministic=True)
        self.der = self.certificate.public_bytes(serialization.Encoding.DER)
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def x5t(self):
        return [-16, sha256(self.der)]

    @property
    def key_hash(self):
        """SHA-256 of the SubjectPublicKeyInfo: a log's id."""
        return sha256(self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))

    def sign(self, message):
        der = self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


DEVICE_CA = Party("device ca", [(NameOID.COMMON_NAME, "COR One test device CA")], is_authority=True)
BATCH_CA = Party("device batch ca", [(NameOID.COMMON_NAME, "COR One test line 7")], DEVICE_CA, is_authority=True)
UPSTREAM_CA = Party("upstream ca", [(NameOID.COMMON_NAME, "corhub upstream test CA")], is_authority=True)


def device(serial, issuer):
    subject = [(NameOID.ORGANIZATION_NAME, "COR Health (test)"), (NameOID.COMMON_NAME, serial),
               (NameOID.SERIAL_NUMBER, serial)]
    return Party("device " + serial, subject, issuer)


DEVICE = device("COR1-000042", DEVICE_CA)
LINE_DEVICE = device("COR1-000043", BATCH_CA)
HUB = Party("hub", [(NameOID.COMMON_NAME, "hub-7f3a")], UPSTREAM_CA)
LOG = Party("receipt", [(NameOID.COMMON_NAME, "corhub upstream test receipts")], UPSTREAM_CA)
MODEL_MAKER = Party("model", [(NameOID.COMMON_NAME, "corhub test models")])

PUBLISHED = {
    "device-ca.pem": DEVICE_CA, "device.pem": DEVICE, "line-ca.pem": BATCH_CA, "line-device.pem": LINE_DEVICE,
    "upstream-ca.pem": UPSTREAM_CA, "hub-signing.pem": HUB, "receipt.pem": LOG,
    "model.pem": MODEL_MAKER,
}


def sig_structure(protected, aad, payload):
    return dumps(["Signature1", protected, aad, payload])


def sign1(payload, party, context, *, chain=None, detached=False, protected=None, unprotected=None, tag=18):
    """COSE_Sign1 of `payload` (bytes); the keywords make it wrong in one way each."""
    header = protected if protected is not None else {1: -7, 34: party.x5t}
    encoded = dumps(header)
    signature = party.sign(sig_structure(encoded, dumps(context) if context is not None else b"", payload))
    if unprotected is None:
        unprotected = {} if chain is None else {33: chain[0] if len(chain) == 1 else chain}
    body = [encoded, unprotected, None if detached else payload, signature]
    return dumps(body if tag is None else cbor2.CBORTag(tag, body))


# RFC 9162 section 2.1, by its own recursive definition.

def leaf_hash(data):
    return sha256(b"\0" + data)


def tree_hash(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + tree_hash(leaves[:split]) + tree_hash(leaves[split:]))


def tree_path(index, leaves):
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return tree_path(index, leaves[:split]) + [tree_hash(leaves[split:])]
    return tree_path(index - split, leaves[split:]) + [tree_hash(leaves[:split])]


def inclusion(leaves, index, *, detached=True, protected=None, path=None, proofs=None):
    proof = dumps([len(leaves), index, tree_path(index, leaves) if path is None else path])
    return sign1(
        tree_hash(leaves), LOG, None, detached=detached, protected=protected or {1: -7, 395: 1},
        unprotected={396: {-1: proofs or [proof]}})
