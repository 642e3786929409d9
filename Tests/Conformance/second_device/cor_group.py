"""Group 64: cddl/group64.cddl, device-behaviour.md."""

from .records import SELF_TEST
from .shapes import REQUESTS, Refused
from .signing import ATTESTATION
from .smp import COR, ENOTSUP, READ, WRITE, GroupError, SMPError

BUSY, INVALID = 6, 7
IDENTITY, ATTEST, CLOCK, OWNER, RECORD_LIST, RECORD_READ, RECORD_ACKNOWLEDGE, LIVE, STATUS, IDENTIFY, SELF_TEST_COMMAND = range(11)
LIVE_SAMPLE, RECORD_READY, STATE_CHANGED = 32, 33, 34
# What an answer of record_read needs beside the data: header, heads, keys and numbers.
READ_OVERHEAD = 64


class CORGroup:
    """The commands, each for one boot of a device."""

    def __init__(self, device):
        self.device = device
        self.commands = {
            (READ, IDENTITY): ("identity-request", self.identity),
            (WRITE, ATTEST): ("attest-request", self.attest),
            (READ, CLOCK): ("clock-request", lambda body, link: device.clock.response()),
            (WRITE, CLOCK): ("clock-set-request", lambda body, link: device.clock.set(body["ms"])),
            (READ, OWNER): ("owner-request", lambda body, link: device.ownership.response()),
            (WRITE, OWNER): ("owner-change-request", self.change_owner),
            (READ, RECORD_LIST): ("record-list-request", self.list),
            (READ, RECORD_READ): ("record-read-request", self.read),
            (WRITE, RECORD_ACKNOWLEDGE): ("record-acknowledge-request", self.acknowledge),
            (WRITE, LIVE): ("live-request", self.live),
            (READ, STATUS): ("status-request", self.status),
            (WRITE, IDENTIFY): ("identify-request", self.identify),
            (WRITE, SELF_TEST_COMMAND): ("self-test-request", self.self_test),
        }

    def handle(self, operation, command, body, link):
        if (operation, command) not in self.commands:
            raise SMPError(ENOTSUP)
        rule, act = self.commands[operation, command]
        try:
            REQUESTS[rule].check(body)
        except Refused:
            raise GroupError(COR, INVALID) from None
        return act(body, link)

    def identity(self, body, link):
        device = self.device
        return {"serial": device.serial, "model": device.model, "hw": device.hardware, "fw": device.firmware,
                "proto": 1, "boot": device.boot, "chain": device.attester.chain if device.is_certified else [],
                "cap": device.capabilities}

    def attest(self, body, link):
        device = self.device
        # The link as the device sees it, whatever the request says.
        payload = {1: body["nonce"], 2: body["hub"], 3: device.serial, 4: link.kind, 5: device.boot}
        if body.get("state") and device.boot_loader:
            payload[6] = device.boot_loader.state(device.clock.uptime())
        return {"att": device.attester.sign(ATTESTATION, payload, with_chain=False)}

    def change_owner(self, body, link):
        ownership = self.device.ownership
        return (ownership.claim if body["op"] == "claim" else ownership.release)(body["hub"])

    def list(self, body, link):
        return self.device.records.list(body["from"], body.get("max"), self.device.fits)

    def read(self, body, link):
        room = self.device.buffer_size - READ_OVERHEAD
        return self.device.records.read(body["seq"], body["off"], body.get("max"), room)

    def acknowledge(self, body, link):
        return self.device.records.acknowledge(body["upto"], body.get("proof"))

    def live(self, body, link):
        link.is_live = body["on"]
        return {"on": link.is_live}

    def status(self, body, link):
        device = self.device
        return {"bat": device.battery, "ext": device.has_external_power, "temp": 21_500,
                "run": device.measurement is not None, "cart": device.cartridge, "faults": sorted(device.broken),
                "pending": len(device.records.kept), "last": device.records.last}

    def identify(self, body, link):
        self.device.blinks_for = body["s"]
        return {}

    def self_test(self, body, link):
        device = self.device
        if device.measurement:
            raise GroupError(COR, BUSY)
        items = [{1: name, 2: name not in device.broken} for name in ("optics", "heater", "tilt", "temperature")]
        has_passed = all(item[2] for item in items)
        device.keep(SELF_TEST, {1: has_passed, 2: items})
        return {"pass": has_passed}
