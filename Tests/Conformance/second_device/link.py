"""One peer of the UDP port, and the events that go to it: transport.md sections 3 and 7."""

import time

from . import cbor
from .smp import COR, READ_RESPONSE, Message

RATE, BURST = 10, 32


class Link:
    """Who asks from one address. Live samples are off at its beginning."""

    kind = "udp"

    def __init__(self, address, send, journal):
        self.address, self.send, self.journal = address, send, journal
        self.is_live = False
        self.sequence = 0
        self.allowance, self.filled_at = BURST, time.monotonic()

    def tell(self, command, body):
        """An event is a hint: what is too much is left out."""
        now = time.monotonic()
        self.allowance = min(BURST, self.allowance + (now - self.filled_at) * RATE)
        self.filled_at = now
        if self.allowance < 1:
            return
        self.allowance -= 1
        event = Message(1, READ_RESPONSE, COR, self.sequence, command, cbor.encode(body))
        self.journal.append((None, event))
        self.send(self.address, event.data())
        self.sequence = (self.sequence + 1) % 256
