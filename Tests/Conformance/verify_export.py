#!/usr/bin/env python3
"""Verifies what `corhub buffer export` wrote, with cbor2, cryptography and pycose only: no code of the hub.

usage: verify_export.py [--json] FOLDER

Reads   FOLDER/export.json                          {"hub", "environment", …}
        FOLDER/anchors/device-ca.pem                authorities of devices, one or more
        FOLDER/anchors/upstream-ca.pem              authorities of hubs and receipts
        FOLDER/anchors/receipt.pem                  the certificate that signs receipts
        FOLDER/batches/<epoch>/<sequence>.cose      signed batches
        FOLDER/receipts/<epoch>/<sequence>.cose     signed receipts
and checks, as firmware-specs/ says: every signature with its context and certificate path, deterministic encoding, the
chain of batch hashes, sequences, Merkle roots, record and result ids, the audit chain, the inclusion of each batch in the
upstream's log, and that no device sequence is missing without a gap that names it.

Prints the counts and one line a failure; exits 0 if there was none, 1 if there were, 2 if the folder cannot be read.
"""

import datetime
import hashlib
import json
import pathlib
import sys

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pycose.exceptions import CoseException
from pycose.keys import EC2Key
from pycose.messages import Sign1Message

ES256, X5CHAIN, X5T, SHA_256 = -7, 33, 34, -16
ZERO = bytes(32)
ACCEPTED, ACCEPTED_WITH_GAPS, REJECTED = 1, 2, 3


class Failure(Exception):
    """One thing that is not as it has to be."""


def sha256(data):
    return hashlib.sha256(data).digest()


def dumps(value):
    return cbor2.dumps(value, canonical=True)


def loads(data, what):
    """One deterministically encoded item."""
    try:
        value = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise Failure(f"{what} is not CBOR: {error}") from error
    if dumps(value) != data:
        raise Failure(f"{what} is not deterministic CBOR")
    return value


def expect(condition, text):
    if not condition:
        raise Failure(text)


# Certificates


def read_certificates(path):
    return x509.load_pem_x509_certificates(path.read_bytes())


def der(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


def name(certificate, oid):
    attributes = certificate.subject.get_attributes_for_oid(oid)
    return attributes[0].value if attributes else None


def is_authority(certificate):
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def is_issued(certificate, issuer):
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return is_authority(issuer)


def check_path(chain, anchors, milliseconds, what):
    """The chain, the signer's certificate first, ends at an anchor and is valid at that time, if there is one."""
    for certificate, issuer in zip(chain, chain[1:]):
        expect(is_issued(certificate, issuer), f"{what}: the certificate chain is broken")
    expect(any(is_issued(chain[-1], anchor) for anchor in anchors), f"{what}: the certificate is of no known authority")
    if milliseconds is None:
        return
    time = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    for certificate in chain:
        expect(certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc,
               f"{what}: the certificate is not valid at {time:%Y-%m-%d}")


# COSE


def cose_key(certificate, what):
    key = certificate.public_key()
    expect(isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1), f"{what}: no P-256 key")
    numbers = key.public_numbers()
    return EC2Key("P_256", x=numbers.x.to_bytes(32, "big"), y=numbers.y.to_bytes(32, "big"))


def open_message(data, what):
    """(protected, unprotected, payload) of a tagged COSE_Sign1."""
    message = loads(data, what)
    expect(isinstance(message, cbor2.CBORTag) and message.tag == 18, f"{what} is no tagged COSE_Sign1")
    expect(isinstance(message.value, list) and len(message.value) == 4, f"{what} is no COSE_Sign1")
    protected, unprotected, payload, _ = message.value
    return loads(protected, f"{what}'s protected header"), unprotected, payload


def check_signature(data, certificate, context, what, detached=None):
    try:
        message = Sign1Message.decode(data)
        message.key = cose_key(certificate, what)
        message.external_aad = dumps(context) if context else b""
        if detached is not None:
            message.payload = detached
        valid = message.verify_signature()
    except (CoseException, ValueError, TypeError) as error:
        raise Failure(f"{what}: pycose refuses it: {error}") from error
    expect(valid, f"{what}: the signature is wrong")


def open_signed(data, context, what, certificate=None):
    """(payload, certificate chain), its signature checked; the chain's path is the caller's matter."""
    protected, unprotected, payload = open_message(data, what)
    chain = [certificate]
    if certificate is None:
        ders = unprotected.get(X5CHAIN)
        chain = [x509.load_der_x509_certificate(one) for one in (ders if isinstance(ders, list) else [ders])]
    expect(protected == {1: ES256, X5T: [SHA_256, sha256(der(chain[0]))]}, f"{what}: unexpected protected header")
    expect(set(unprotected) == (set() if certificate else {X5CHAIN}), f"{what}: unexpected unprotected header")
    check_signature(data, chain[0], context, what)
    return payload, chain


# Merkle trees, RFC 9162 section 2.1, by its recursive definition and its verification algorithm


def tree_root(hashes):
    if len(hashes) <= 1:
        return hashes[0] if hashes else sha256(b"")
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1" + tree_root(hashes[:split]) + tree_root(hashes[split:]))


def root_from_path(leaf, index, size, path):
    if index >= size:
        return None
    position, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if position % 2 or position == last:
            result = sha256(b"\1" + sibling + result)
            while position % 2 == 0 and position != 0:
                position, last = position >> 1, last >> 1
        else:
            result = sha256(b"\1" + result + sibling)
        position, last = position >> 1, last >> 1
    return result if last == 0 else None


def trusted_time(batch):
    """When the batch was cut, in Unix ms; None while the hub's clock was never set."""
    return None if batch[14][4] == 0 else batch[14][3]


class Export:
    """The folder, and what was found in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        about = json.loads((self.folder / "export.json").read_text())
        self.hub, self.environment = about["hub"], about["environment"]
        anchors = self.folder / "anchors"
        self.device_anchors = read_certificates(anchors / "device-ca.pem")
        self.upstream_anchors = read_certificates(anchors / "upstream-ca.pem")
        self.receipt_certificate = read_certificates(anchors / "receipt.pem")[0]
        self.failures = []
        self.counts = dict.fromkeys(
            ["epochs", "batches", "records", "records_link_only", "results", "gaps", "events", "audit_entries",
             "receipts", "receipts_rejecting", "batches_awaiting_receipt", "inclusions"], 0)
        self.device_sequences = {}
        self.record_ids = {}

    def attempt(self, what, check, *arguments):
        try:
            return check(*arguments)
        except Failure as failure:
            self.failures.append(f"{what}: {failure}")
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
            self.failures.append(f"{what}: malformed ({type(error).__name__}: {error})")
        return None

    def files(self, kind):
        """{epoch: {sequence: path}}"""
        found = {}
        for path in sorted((self.folder / kind).glob("*/*.cose")):
            found.setdefault(path.parent.name, {})[int(path.stem)] = path
        return found

    def verify(self):
        batches, receipts = self.files("batches"), self.files("receipts")
        for epoch in sorted(batches):
            self.counts["epochs"] += 1
            self.verify_epoch(epoch, batches[epoch], receipts.get(epoch, {}))
        for epoch in sorted(receipts):
            for sequence, path in sorted(receipts[epoch].items()):
                batch = batches.get(epoch, {}).get(sequence)
                self.attempt(f"receipt {epoch}/{sequence}", self.verify_receipt, path, epoch, sequence, batch)
        self.verify_device_sequences()

    def verify_epoch(self, epoch, batches, receipts):
        previous_sequence = previous_hash = audit_head = None
        for sequence, path in sorted(batches.items()):
            data = path.read_bytes()
            what = f"batch {epoch}/{sequence}"
            if previous_sequence is not None and sequence != previous_sequence + 1:
                self.failures.append(f"{what}: the batches before it, from {previous_sequence + 1}, are missing")
                previous_hash = audit_head = None
            batch = self.attempt(what, self.verify_batch, data, epoch, sequence, previous_hash)
            self.counts["batches"] += 1
            self.counts["batches_awaiting_receipt"] += sequence not in receipts
            if batch is not None:
                for item in batch[6]:
                    self.attempt(f"{what} record {item.get(2)}/{item.get(3)}", self.verify_record, item, batch)
                audit_head = self.attempt(what, self.verify_audit, batch[11], audit_head) or audit_head
            previous_sequence, previous_hash = sequence, sha256(data)

    def verify_batch(self, data, epoch, sequence, previous_hash):
        payload, chain = open_signed(data, ["corhub-batch-v1", self.environment], "the batch")
        batch = loads(payload, "the batch")
        expect(list(batch) == list(range(1, 16)) and batch[1] == 1, "not the keys of a batch, version 1")
        check_path(chain, self.upstream_anchors, trusted_time(batch), "the batch")
        expect(name(chain[0], NameOID.COMMON_NAME) == batch[2] == self.hub, "it is another hub's")
        expect((batch[3].hex(), batch[4]) == (epoch, sequence), "its epoch and sequence are not those of its file")
        expect((sequence == 1) == (batch[5] == ZERO), "a zero previous hash belongs to the first batch only")
        expect(previous_hash in (None, batch[5]), "the previous hash is not that of the batch before it")
        leaves = [dumps([section, item]) for section in range(6, 12) for item in batch[section]]
        root = tree_root([sha256(b"\0" + leaf) for leaf in leaves])
        expect(batch[12] == {1: root, 2: len(leaves)}, "the Merkle root is not that of its items")
        for result in batch[8]:
            expect(result[1] == sha256(dumps([result[2], result[3], result[6]])), "a result id is not of its content")
        for gap in batch[7]:
            expect(1 <= gap[2] <= gap[3], "a gap is reversed")
            self.device_sequences.setdefault(gap[1], []).append((gap[2], gap[3]))
        self.counts["results"] += len(batch[8])
        self.counts["gaps"] += len(batch[7])
        self.counts["events"] += len(batch[9]) + len(batch[10])
        return batch

    def verify_record(self, item, batch):
        payload, chain = open_signed(item[4], ["corone-record-v1"], "the record")
        content = loads(payload, "the record")
        serial, sequence = content[2], content[4]
        expect((serial, sequence) == (item[2], item[3]), "serial and sequence are not those of the record")
        expect(item[1] == sha256(dumps([serial, content[3], sequence, sha256(payload)])), "the record id is wrong")
        if item[7] == "attested":
            check_path(chain, self.device_anchors, trusted_time(batch), "the record")
            named = name(chain[0], NameOID.SERIAL_NUMBER) or name(chain[0], NameOID.COMMON_NAME)
            expect(named == serial, "the certificate is another device's")
        else:
            self.counts["records_link_only"] += 1
        known = self.record_ids.setdefault((serial, sequence), item[1])
        expect(known == item[1], "another record has the same serial and sequence")
        self.device_sequences.setdefault(serial, []).append((sequence, sequence))
        self.counts["records"] += 1

    def verify_audit(self, entries, head):
        """Returns the last entry's (sequence, hash)."""
        for entry in entries:
            unsealed = {key: value for key, value in entry.items() if key != 9}
            expect(entry[9] == sha256(dumps(unsealed)), f"audit entry {entry[1]} was changed")
            expect(head is None or head == (entry[1] - 1, entry[2]), f"audit entry {entry[1]} breaks the chain")
            expect((entry[1] == 1) == (entry[2] == ZERO), f"audit entry {entry[1]}: a zero hash is before the first only")
            head = (entry[1], entry[9])
            self.counts["audit_entries"] += 1
        return head

    def verify_receipt(self, path, epoch, sequence, batch_path):
        certificate = self.receipt_certificate
        data = path.read_bytes()
        payload, chain = open_signed(data, ["corhub-receipt-v1", self.environment], "the receipt", certificate)
        receipt = loads(payload, "the receipt")
        expect(list(receipt) == list(range(1, 12)) and receipt[1] == 1, "not the keys of a receipt, version 1")
        check_path(chain, self.upstream_anchors, receipt[8], "the receipt")
        expect((receipt[2], receipt[3].hex(), receipt[4]) == (self.hub, epoch, sequence), "it is for another batch")
        if batch_path:
            expect(receipt[5] == sha256(batch_path.read_bytes()), "the batch hash is not that of the batch")
        key = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        expect(receipt[6] == sha256(key), "the log id is not that of the receipt key")
        expect(receipt[9] in (ACCEPTED, ACCEPTED_WITH_GAPS, REJECTED), "unknown status")
        expect((receipt[7] is None) == (receipt[9] == REJECTED), "inclusion and status disagree")
        expect(receipt[11] > sequence, "the next expected sequence is not after this one")
        self.counts["receipts"] += 1
        self.counts["receipts_rejecting"] += receipt[9] == REJECTED
        if receipt[7] is not None:
            self.verify_inclusion(receipt[7], receipt[5])

    def verify_inclusion(self, data, batch_hash):
        """RFC 9942: the log signed the root that the batch hash leads to."""
        what = "the inclusion receipt"
        protected, unprotected, payload = open_message(data, what)
        expect(protected == {1: ES256, 395: 1}, f"{what}: unexpected protected header")
        expect(payload is None, f"{what}: the root is not detached")
        [encoded] = unprotected[396][-1]
        size, index, path = loads(encoded, f"{what}'s proof")
        root = root_from_path(sha256(b"\0" + batch_hash), index, size, path)
        expect(root is not None, f"{what}: the path fits no tree of {size} leaves")
        check_signature(data, self.receipt_certificate, None, what, detached=root)
        self.counts["inclusions"] += 1

    def verify_device_sequences(self):
        """From the first sequence of a device that is here to the last, each is in a record or in a gap."""
        for serial, ranges in sorted(self.device_sequences.items()):
            next_sequence = min(ranges)[0]
            for first, last in sorted(ranges):
                if first > next_sequence:
                    self.failures.append(f"device {serial}: {next_sequence} to {first - 1} are missing without a gap")
                next_sequence = max(next_sequence, last + 1)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--json"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    try:
        export = Export(arguments[0])
    except (OSError, ValueError, KeyError, IndexError) as error:
        print(f"cannot read {arguments[0]}: {error}", file=sys.stderr)
        sys.exit(2)
    export.verify()
    if not export.counts["batches"] and not export.counts["receipts"]:
        export.failures.append("there is no batch and no receipt")
    if "--json" in sys.argv:
        print(json.dumps({**export.counts, "failures": export.failures}))
    else:
        print(", ".join(f"{count} {key.replace('_', ' ')}" for key, count in export.counts.items()))
        for failure in export.failures:
            print(failure)
        print("verified" if not export.failures else f"{len(export.failures)} failures")
    sys.exit(1 if export.failures else 0)


if __name__ == "__main__":
    main()
