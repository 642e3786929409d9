"""What the device signs with, and who certifies it: signatures.md sections 2 and 3."""

import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from . import cbor

COSE_SIGN1 = 18
ALGORITHM, X5CHAIN, X5T = 1, 33, 34
ES256, SHA_256 = -7, -16
RECORD, ATTESTATION = "corone-record-v1", "corone-attestation-v1"


def signature_structure(protected, context, payload):
    """What is signed: RFC 9052 section 4.4."""
    return cbor.encode(["Signature1", protected, cbor.encode([context]), payload])


class Signer:
    """The device's key, and its certificates: the device's first, without the root."""

    def __init__(self, key, chain):
        self.key, self.chain = key, chain

    def sign(self, context, payload, with_chain):
        """The bytes of a COSE_Sign1 over a payload."""
        protected = cbor.encode({ALGORITHM: ES256, X5T: [SHA_256, hashlib.sha256(self.chain[0]).digest()]})
        unprotected = {}
        if with_chain:
            unprotected[X5CHAIN] = self.chain[0] if len(self.chain) == 1 else self.chain
        content = cbor.encode(payload)
        r, s = decode_dss_signature(self.key.sign(
            signature_structure(protected, context, content), ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return cbor.encode(cbor.Tagged(COSE_SIGN1, [protected, unprotected, content, signature]))


class Authority:
    """A maker's certificate authority for devices; with a line it certifies them through an authority of a production line."""

    YEARS = 30
    ORGANIZATION = "A maker in a test"

    def __init__(self, has_line=False):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._certify([(NameOID.COMMON_NAME, "Devices' root")], self.key, None, self.key)
        self.issuer, self.issuer_key, self.between = self.root, self.key, []
        if has_line:
            line = ec.generate_private_key(ec.SECP256R1())
            certificate = self._certify([(NameOID.COMMON_NAME, "Devices' line 1")], line, self.root, self.key)
            self.issuer, self.issuer_key, self.between = certificate, line, [certificate]

    def root_pem(self):
        return self.root.public_bytes(serialization.Encoding.PEM)

    def signer(self, serial):
        """The identity of a device: a new key, certified."""
        key = ec.generate_private_key(ec.SECP256R1())
        chain = [self._certify(self._names(serial), key, self.issuer, self.issuer_key, is_authority=False), *self.between]
        return Signer(key, [certificate.public_bytes(serialization.Encoding.DER) for certificate in chain])

    def self_signed(self, serial):
        """The identity of a device that no authority has certified."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certify(self._names(serial), key, None, key, is_authority=False)
        return Signer(key, [certificate.public_bytes(serialization.Encoding.DER)])

    def _names(self, serial):
        return [(NameOID.ORGANIZATION_NAME, self.ORGANIZATION), (NameOID.COMMON_NAME, serial),
                (NameOID.SERIAL_NUMBER, serial)]

    def _certify(self, names, key, issuer, issuer_key, is_authority=True):
        subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
        now = datetime.datetime.now(datetime.timezone.utc)
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
        usage["key_cert_sign" if is_authority else "digital_signature"] = True
        return (
            x509.CertificateBuilder()
            .subject_name(subject).issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=365 * self.YEARS))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
            .sign(issuer_key, hashes.SHA256()))
