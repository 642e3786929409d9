"""pycose judges the vectors' signatures."""

import sys

from pycose.headers import Algorithm  # noqa: F401 - registers the headers that pycose decodes
from pycose.keys import EC2Key
from pycose.messages import Sign1Message

from . import messages as m
from .signing import DEVICE, HUB, LINE_DEVICE, LOG, MODEL_MAKER, dumps, tree_hash

# Rule -> who signs, and the context that is signed with it.
SIGNERS = {
    "signed-record": (DEVICE, m.RECORD), "signed-attestation": (DEVICE, m.ATTESTATION), "signed-batch": (HUB, m.BATCH),
    "signed-receipt": (LOG, m.RECEIPT), "inclusion-receipt": (LOG, None), "signed-model": (MODEL_MAKER, m.MODEL_CONTEXT),
    "signed-recalls": (LOG, m.RECALLS_CONTEXT),
}


def check_with_pycose(families):
    """Exits unless pycose agrees about every signature that a vector calls good or wrong."""
    for family in families:
        for entry in family.index:
            if entry["rule"] not in SIGNERS or not (entry["valid"] or entry["reason"] == "wrong-signature"):
                continue
            data = bytes.fromhex(family.files[entry["file"]])
            signer, context = SIGNERS[entry["rule"]]
            party = LINE_DEVICE if entry.get("key") == "line-device.pem" else signer
            numbers = party.key.public_key().public_numbers()
            message = Sign1Message.decode(data)
            message.key = EC2Key("P_256", x=numbers.x.to_bytes(32, "big"), y=numbers.y.to_bytes(32, "big"))
            if entry["rule"] == "inclusion-receipt":
                if not entry["valid"]:
                    continue
                message.payload = tree_hash(m.LEAVES if "of-7" in entry["file"] else m.LEAVES[6:])
            else:
                message.external_aad = dumps(context)
            if message.verify_signature() != entry["valid"]:
                sys.exit(f"pycose disagrees about {family.name}/{entry['file']}")
