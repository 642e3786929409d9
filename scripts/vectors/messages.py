"""The values of the vectors, as plain Python; the tests change them in one place each."""

import copy

from vectors.signing import DEVICE, HUB, LINE_DEVICE, LOG, MODEL_MAKER, dumps, inclusion, sha256, sign1, tree_hash

ENVIRONMENT = "test"
RECORD, ATTESTATION = ["corone-record-v1"], ["corone-attestation-v1"]
BATCH, RECEIPT = ["corhub-batch-v1", ENVIRONMENT], ["corhub-receipt-v1", ENVIRONMENT]
MODEL_CONTEXT = ["corhub-model-v1", ENVIRONMENT]
RECALLS_CONTEXT = ["corhub-recalls-v1", ENVIRONMENT]
SERIAL, HUB_ID, EPOCH, ZERO = "COR1-000042", "hub-7f3a", bytes(range(16)), bytes(32)
NOON = 1_772_366_400_000  # 2026-03-01T12:00:00Z
MODEL, CONFIGURATION = sha256(b"model"), sha256(b"configuration")


def changed(value, path, new):
    """A copy of `value` with the entry at `path` replaced, or removed by Ellipsis."""
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    if new is Ellipsis:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return value


def time_block(seconds=0):
    return {1: bytes(range(16, 32)), 2: (90 + seconds) * 10**9, 3: NOON + seconds * 1000, 4: 2, 5: False}


RUN_PAYLOAD = {
    1: 1, 2: SERIAL, 3: 3, 4: 17, 5: 1, 6: {1: 1_900_000, 2: NOON - 60_000},
    7: {
        1: {1: "CRT-0009-331", 2: "LOT-26A", 3: NOON + 86_400_000 * 200},
        2: {1: "esr-profile/short-60", 2: 60_000, 3: 800},
        3: "cal-2026-02",
        4: {1: {1: 100_000, 2: NOON - 1_860_000}, 2: 400},
        5: 5000,
        6: [0, 14, 31, None, 77, 160, -3, 1021],
        7: {1: 60_000, 2: [24_100, 24_150, None]},
        8: {1: 60_000, 2: [300, -250]},
        9: 1,
    },
}
UNSEEN_START = changed(changed(changed(RUN_PAYLOAD, (7, 4), None), (6, 2), None), (7, 1, 3), ...)
SELF_TEST_PAYLOAD = {
    1: 1, 2: SERIAL, 3: 3, 4: 18, 5: 2, 6: {1: 2_000_000, 2: NOON},
    7: {1: False, 2: [{1: "optics", 2: True}, {1: "heater", 2: False, 3: "below 20 °C after 60 s"}]},
}
LOG_PAYLOAD = {
    1: 1, 2: SERIAL, 3: 4_294_967_295, 4: 2**63 - 1, 5: 3, 6: {1: 2**63 - 1, 2: 253_402_300_799_999},
    7: {1: ["boot 4294967295", "", "battery 12 %"]},
}
ATTESTATION_PAYLOAD = {1: bytes(range(32)), 2: HUB_ID, 3: SERIAL, 4: "udp", 5: 3}
STATE = {
    1: {1: sha256(b"image 1.4.2"), 2: "1.4.2", 3: 1}, 2: {1: sha256(b"image 1.5.0"), 2: "1.5.0", 3: 4}, 3: 2,
    4: 520_000, 5: 90_000, 6: {1: sha256(b"image 1.5.0"), 2: "not-confirmed"},
}
EMPTY_STATE = {**STATE, 2: None, 6: None}
STATE_REPORT_PAYLOAD = {**ATTESTATION_PAYLOAD, 6: STATE}


def record(payload, **keywords):
    keywords.setdefault("chain", [DEVICE.der])
    return sign1(dumps(payload), DEVICE, keywords.pop("context", RECORD), **keywords)


def record_id(payload):
    return sha256(dumps([payload[2], payload[3], payload[4], sha256(dumps(payload))]))


def audit_entry(sequence, previous, kind, detail=""):
    entry = {
        1: sequence, 2: previous, 3: kind, 4: {1: "session", 2: 1000}, 5: SERIAL, 6: "ok", 7: time_block(sequence),
        8: detail,
    }
    return {**entry, 9: sha256(dumps(entry))}


FIRST_ENTRY = audit_entry(1, ZERO, "start")
SECOND_ENTRY = audit_entry(2, FIRST_ENTRY[9], "record-received", "17")


def result(output):
    inputs = [record_id(RUN_PAYLOAD)]
    algorithm = {1: "esr-gel-collapse", 2: "0.1.0", 3: MODEL, 4: "short-60/1"}
    return {
        1: sha256(dumps([inputs, algorithm, output])), 2: inputs, 3: algorithm, 4: time_block(3), 5: "subject-1",
        6: output, 7: CONFIGURATION,
    }


OUTPUT = {1: 2, 2: ["model-preliminary"], 3: 1450, 4: [1210, 1730], 5: 3000, 6: "="}
NO_RESULT = {1: 3, 2: ["start-not-seen", "tilt"], 3: None, 4: None, 5: 0, 6: "="}
ITEM = {
    1: record_id(RUN_PAYLOAD), 2: SERIAL, 3: 17, 4: record(RUN_PAYLOAD), 5: time_block(2), 6: "udp", 7: "attested",
    8: None, 9: False, 10: -1250,
}
GAP = {1: SERIAL, 2: 15, 3: 16, 4: 2, 5: time_block(1), 6: "signature"}
STATE_REPORT = sign1(dumps(STATE_REPORT_PAYLOAD), DEVICE, ATTESTATION)
EVENT = {1: SERIAL, 2: "battery-low", 3: time_block(4), 4: "9 %"}


def with_root(batch):
    leaves = [dumps([section, item]) for section in range(6, 12) for item in batch[section]]
    return {**batch, 12: {1: tree_hash(leaves), 2: len(leaves)}}


EMPTY_BATCH = with_root({
    1: 1, 2: HUB_ID, 3: EPOCH, 4: 1, 5: ZERO, 6: [], 7: [], 8: [], 9: [], 10: [], 11: [],
    13: {1: "0.1.0", 2: b"", 3: CONFIGURATION}, 14: time_block(5), 15: "file",
})


def batch(content, context=BATCH, **keywords):
    return sign1(dumps(content), HUB, context, chain=keywords.pop("chain", [HUB.der]), **keywords)


FULL_BATCH = with_root({
    **EMPTY_BATCH, 4: 2, 5: sha256(batch(EMPTY_BATCH)), 6: [ITEM], 7: [GAP], 8: [result(OUTPUT), result(NO_RESULT)],
    9: [{**EVENT, 2: "installed", 4: "1.4.2"},
        {**EVENT, 2: "reverted", 4: "reverted: 1.5.0+0", 5: [STATE_REPORT, [DEVICE.der]]}], 10: [EVENT], 11: [FIRST_ENTRY, SECOND_ENTRY], 15: "tpm",
})
SANDBOXED_BATCH = {**EMPTY_BATCH, 13: {**EMPTY_BATCH[13], 4: "in-force"}}
LEAVES = [sha256(b"batch %d" % number) for number in range(6)] + [sha256(batch(FULL_BATCH))]
ACCEPTED = {
    1: 1, 2: HUB_ID, 3: EPOCH, 4: 2, 5: LEAVES[6], 6: LOG.key_hash, 7: inclusion(LEAVES, 6), 8: NOON + 9000, 9: 1,
    10: None, 11: 3,
}
REJECTED = {**ACCEPTED, 7: None, 9: 3, 10: "a device's signature is wrong"}


def receipt(content, context=RECEIPT, **keywords):
    return sign1(dumps(content), LOG, context, **keywords)


WEIGHTS = b"stands for a model's bytes"
MODEL_RELEASE = {1: 1, 2: "corhub.esr", 3: 3, 4: "short-60/2", 5: 300, 6: sha256(WEIGHTS), 7: WEIGHTS}


def model(content, context=MODEL_CONTEXT, **keywords):
    return sign1(dumps(content), MODEL_MAKER, context, **keywords)


RECALLS = {1: 1, 2: 7, 3: 1_772_366_409_000,
           4: [["COR1-000013", 2, "key copied"], ["COR1-000042", 1, "sensor check"]]}


def recalls(content, context=RECALLS_CONTEXT, **keywords):
    return sign1(dumps(content), LOG, context, **keywords)


LINE_CHAIN = [LINE_DEVICE.der, LINE_DEVICE.issuer.der]
GROUP64 = {
    "identity-request": {},
    "identity-response": {
        "serial": SERIAL, "model": "COR One", "hw": "C", "fw": "1.4.2", "proto": 1, "boot": 3, "chain": [DEVICE.der],
        "cap": ["esr", "live"]},
    "attest-request": {"nonce": bytes(range(32)), "hub": HUB_ID, "link": "udp", "state": True},
    "attest-response": {"att": sign1(dumps(ATTESTATION_PAYLOAD), DEVICE, ATTESTATION)},
    "clock-request": {},
    "clock-set-request": {"ms": NOON},
    "clock-response": {"ms": None, "up": 90_000},
    "owner-request": {},
    "owner-change-request": {"op": "claim", "hub": HUB_ID},
    "owner-response": {"state": "awaiting-button", "owner": HUB_ID},
    "record-list-request": {"from": 16},
    "record-list-response": {
        "records": [{"seq": 17, "size": len(record(RUN_PAYLOAD)), "kind": 1, "sha": sha256(record(RUN_PAYLOAD))}],
        "more": False},
    "record-entry": {"seq": 18, "size": 1_048_576, "kind": 2, "sha": ZERO},
    "record-read-request": {"seq": 17, "off": 0, "max": 4},
    "record-read-response": {"off": 0, "data": record(RUN_PAYLOAD)[:4], "len": len(record(RUN_PAYLOAD))},
    "record-acknowledge-request": {
        "upto": 17, "proof": sha256(
            (17).to_bytes(8, "big") + len(record(RUN_PAYLOAD)).to_bytes(4, "big") + sha256(record(RUN_PAYLOAD)))},
    "record-acknowledge-response": {"upto": 17},
    "live-request": {"on": True},
    "live-response": {"on": True},
    "status-request": {},
    "status-response": {
        "bat": 100, "ext": True, "temp": 24_100, "run": False, "cart": None, "faults": [], "pending": 1, "last": 17},
    "identify-request": {"s": 60},
    "identify-response": {},
    "self-test-request": {},
    "self-test-response": {"pass": True},
    "live-event": {"run": "CRT-0009-331", "i": 20_000, "z": None, "t": -5, "tilt": 300, "period": 5000},
    "record-ready-event": {"seq": 17},
    "state-changed-event": {"what": "button"},
}
