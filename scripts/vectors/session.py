"""A worked session: what goes over the link, byte by byte, as firmware-specs/session.md."""

import textwrap

from vectors import messages as m
from vectors.signing import DEVICE, dumps, sha256, sign1

READ, READ_RESPONSE, WRITE, WRITE_RESPONSE = range(4)
INTRODUCTION = """\
# A worked session

Made by `scripts/generate-vectors`; do not edit. A hub, `hub-7f3a`, meets the device `COR1-000042` over UDP, claims it,
reads its one record and acknowledges it. Every line of hexadecimal is what goes over the link: 8 bytes of SMP header, then the CBOR map.
Keys and certificates are those of [vectors/keys](vectors/keys); all signatures verify.

The header of the first message: `08` version 2, operation read; `00` flags; `0001` length of the map; `0040` group 64;
`00` sequence; `00` command identity.
"""


def message(operation, sequence, command, payload):
    header = bytes([1 << 3 | operation, 0]) + len(payload).to_bytes(2, "big") + (64).to_bytes(2, "big")
    return header + bytes([sequence, command]) + payload


def steps(commands):
    """(title, text, operation of the request, command, request, response); maps, or bytes that are encoded."""
    record = m.record(m.RUN_PAYLOAD)
    half = 600
    group = m.GROUP64
    yield ("Identity", "Who is there? The chain is the device's certificate in DER.", READ, commands["identity"], {},
           group["identity-response"])
    yield ("Attest", "The device signs the hub's fresh nonce; the answer holds a `signed-attestation`.", WRITE,
           commands["attest"], {key: value for key, value in group["attest-request"].items() if key != "state"},
           {"att": sign1(dumps(m.ATTESTATION_PAYLOAD), DEVICE, m.ATTESTATION)})
    yield ("Owner", "It is nobody's.", READ, commands["owner"], {}, {"state": "free", "owner": None})
    yield ("Claim", "The person at the device is asked; `owner` names who has claimed it.", WRITE, commands["owner"],
           {"op": "claim", "hub": m.HUB_ID}, {"state": "awaiting-button", "owner": m.HUB_ID})
    yield ("Owner, again", "The button was pressed.", READ, commands["owner"], {}, {"state": "owned", "owner": m.HUB_ID})
    yield ("Clock", "The device's clock was never set.", READ, commands["clock"], {}, {"ms": None, "up": 90_000})
    yield ("Clock, set", "The answer has the values before the write.", WRITE, commands["clock"], {"ms": m.NOON},
           {"ms": None, "up": 90_060})
    yield "Status", "One record waits, number 17.", READ, commands["status"], {}, group["status-response"]
    yield ("Record list", "Everything after 16, which the hub has.", READ, commands["record_list"],
           {"from": 16, "max": 64},
           {"records": [{"seq": 17, "size": len(record), "kind": 1, "sha": sha256(record)}], "more": False})
    yield (f"Record read, bytes 0 to {half - 1}", "The record is a `signed-record` (vectors/record/run.cbor-hex).", READ,
           commands["record_read"], {"seq": 17, "off": 0, "max": half},
           {"off": 0, "data": record[:half], "len": len(record)})
    yield (f"Record read, from byte {half}", "The rest.", READ, commands["record_read"],
           {"seq": 17, "off": half, "max": half}, {"off": half, "data": record[half:], "len": len(record)})
    yield ("Record acknowledge", "Only now that the record is durable at the hub.", WRITE,
           commands["record_acknowledge"], {"upto": 17}, {"upto": 17})
    yield "Live", "Samples of a running measurement, please.", WRITE, commands["live"], {"on": True}, {"on": True}


def fenced(*lines):
    wrapped = [part for line in lines for part in textwrap.wrap(line, 116, subsequent_indent="    ")]
    return "\n".join(["```", *wrapped, "```"])


def session(smp):
    commands, events = smp["commands"], smp["events"]
    parts = [INTRODUCTION]
    worked = list(steps(commands))
    for sequence, (title, text, operation, command, request, response) in enumerate(worked):
        sent = message(operation, sequence, command, dumps(request))
        received = message(operation + 1, sequence, command, dumps(response))
        parts.append(f"## {sequence + 1}. {title}\n\n{text}\n\n" + fenced(f"> {sent.hex()}", f"< {received.hex()}") + "\n")
    event = message(READ_RESPONSE, 0, events["live_sample"], dumps(m.GROUP64["live-event"]))
    following = len(worked)
    refusal = message(READ_RESPONSE, following, commands["record_read"], dumps({"err": {"group": 64, "rc": 2}}))
    asked = message(READ, following, commands["record_read"], dumps({"seq": 16, "off": 0}))
    asked_v1 = bytes([READ]) + asked[1:]
    refusal_v1 = bytes([READ_RESPONSE]) + message(
        READ_RESPONSE, following, commands["record_read"], dumps({"rc": 2}))[1:]
    parts.append("## An event\n\nThe device sends it unasked, as a read response with a sequence of its own count.\n\n"
                 + fenced(f"< {event.hex()}") + "\n")
    parts.append("## An error\n\nRecord 16 is acknowledged and gone: `no_such_record`, 2, in group 64.\n\n"
                 + fenced(f"> {asked.hex()}", f"< {refusal.hex()}") + "\n\nThe same request in version 1 of SMP:\n\n"
                 + fenced(f"> {asked_v1.hex()}", f"< {refusal_v1.hex()}") + "\n")
    return "\n".join(parts)
