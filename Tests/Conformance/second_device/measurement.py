"""A sedimentation run in the making: record.cddl, sedimentation-run. It is kept in flash as it goes."""

import math
import random

from . import cbor

COMPLETE, STOPPED, POWER, FAULT = 1, 2, 3, 4
PIECE = "run"


def sedimentation(minutes, period_ms, seed):
    """Positions of an interface that falls as blood does, in micrometres: slowly, then steadily, with a sensor's noise.

    No claim that it is anybody's blood.
    """
    chance = random.Random(seed)
    times = [index * period_ms / 60_000 for index in range(minutes * 60_000 // period_ms + 1)]
    return [round(450 * (time - 4 * (1 - math.exp(-time / 4))) + chance.gauss(0, 60)) for time in times]


class Measurement:
    """One run. Each sample is durable before it is told of."""

    def __init__(self, flash, run):
        self.flash, self.run = flash, run

    @classmethod
    def begin(cls, flash, cartridge, lot, profile, start, period_ms):
        """`profile`: name, height of the column in micrometres, share of blood in per mille; `start`: its device-time."""
        return cls(flash, {
            1: {1: cartridge, 2: lot}, 2: {1: profile[0], 2: profile[1], 3: profile[2]}, 3: "calibration-1",
            4: {1: start, 2: 100}, 5: period_ms, 6: [], 7: {1: period_ms, 2: []}, 8: {1: period_ms, 2: []}})

    @classmethod
    def interrupted(cls, flash):
        """What a power cut left, or None."""
        return cls(flash, cbor.decode(content)) if (content := flash.piece(PIECE)) else None

    @property
    def cartridge(self):
        return self.run[1][1]

    def add(self, samples):
        """Positions in micrometres; null where there was no reading. Each with a temperature and a tilt."""
        for fall in samples:
            self.run[6].append(fall)
            self.run[7][2].append(21_500)
            self.run[8][2].append(300)
        self.flash.put_piece(PIECE, cbor.encode(self.run))

    def live(self):
        """The live-event of the last sample."""
        return {"run": self.cartridge, "i": len(self.run[6]) - 1, "z": self.run[6][-1], "t": self.run[7][2][-1],
                "tilt": self.run[8][2][-1], "period": self.run[5]}

    def body(self, reason):
        return {**self.run, 9: reason}

    def forget(self):
        self.flash.drop_piece(PIECE)
