"""Records: states/record.yaml, device-behaviour.md section 3."""

import hashlib

from . import cbor
from .signing import RECORD
from .smp import COR, GroupError

NO_SUCH_RECORD, BAD_OFFSET, PROOF_DIFFERS = 2, 3, 8
SEDIMENTATION_RUN, SELF_TEST, LOG_EXCERPT = 1, 2, 3
LIST_MAX, READ_MAX = 256, 65_535
PREFIX = "record-"


class Records:
    """Each in a piece of flash that its sequence names; what lies below `acknowledged` is freed."""

    COUNT_MAX = 100

    def __init__(self, flash, serial, boot, clock, signer, proves=True):
        self.flash, self.serial, self.boot, self.clock, self.signer = flash, serial, boot, clock, signer
        self.proves = proves
        self.kept, self.kinds = {}, {}
        for name in flash.pieces(PREFIX):
            sequence = int(name.removeprefix(PREFIX))
            if sequence <= self.acknowledged:
                # Acknowledged, and the power went before it was freed.
                flash.drop_piece(name)
            else:
                self.kept[sequence] = flash.piece(name)
        # A record is stored before its sequence is noted.
        self.last = max([flash.get("last", 0), self.acknowledged, *self.kept])

    @property
    def acknowledged(self):
        return self.flash.get("acknowledged", 0)

    def close(self, kind, body):
        """Signs and stores a record; gives its sequence."""
        sequence = self.last + 1
        data = self.signer.sign(RECORD, {
            1: 1, 2: self.serial, 3: self.boot, 4: sequence, 5: kind, 6: self.clock.device_time(), 7: body}, with_chain=True)
        if len(self.kept) >= self.COUNT_MAX:
            self._free(min(self.kept))
        self.flash.put_piece(f"{PREFIX}{sequence:020}", data)
        self.flash.put(last=sequence)
        self.last, self.kept[sequence], self.kinds[sequence] = sequence, data, kind
        return sequence

    def list(self, after, most, fits):
        """`fits` says of an answer whether it goes over the link."""
        waiting = sorted(sequence for sequence in self.kept if sequence > after)
        entries = [self.entry(sequence) for sequence in waiting[:most or LIST_MAX]]
        while True:
            answer = {"records": entries, "more": len(entries) < len(waiting)}
            if len(entries) <= 1 or fits(answer):
                return answer
            entries = entries[:-1]

    def entry(self, sequence):
        data = self.kept[sequence]
        if sequence not in self.kinds:
            self.kinds[sequence] = self.payload(sequence)[5]
        return {"seq": sequence, "size": len(data), "kind": self.kinds[sequence], "sha": hashlib.sha256(data).digest()}

    def payload(self, sequence):
        return cbor.decode(cbor.decode(self.kept[sequence]).value[2])

    def holds_run(self, cartridge):
        return any(payload[5] == SEDIMENTATION_RUN and payload[7][1][1] == cartridge
                   for payload in map(self.payload, self.kept))

    def read(self, sequence, offset, most, room):
        """`room`: bytes of data that the link takes at once."""
        if (data := self.kept.get(sequence)) is None:
            raise GroupError(COR, NO_SUCH_RECORD)
        if offset > len(data):
            raise GroupError(COR, BAD_OFFSET)
        return {"off": offset, "data": data[offset:offset + min(most or READ_MAX, room)], "len": len(data)}

    def acknowledge(self, upto, proof):
        if upto > self.acknowledged:
            freed = sorted(sequence for sequence in self.kept if sequence <= upto)
            if self.proves and proof is not None and proof != self.proof(freed):
                raise GroupError(COR, PROOF_DIFFERS)
            self.flash.put(acknowledged=min(upto, self.last))
            for sequence in freed:
                self._free(sequence)
        return {"upto": self.acknowledged}

    def proof(self, sequences):
        digest = hashlib.sha256()
        for sequence in sequences:
            entry = self.entry(sequence)
            digest.update(sequence.to_bytes(8, "big") + entry["size"].to_bytes(4, "big") + entry["sha"])
        return digest.digest()

    def _free(self, sequence):
        self.flash.drop_piece(f"{PREFIX}{sequence:020}")
        del self.kept[sequence]
