"""The cleaning and the inputs of Sources/Core/ESRAnalysis, for training. Both sides must stay the same.

Arrays lie time by run. tests in Tests/Core/ESRAnalysisTests hold the two sides together by vectors from here.
"""

import numpy as np

from sedimentation import PERIOD_S, tilt_gain, viscosity

PARTS = 24
END_WINDOWS_S = (30.0, 60.0, 120.0)


def noise_of(z):
    """White noise in mm from second differences, which neither fall nor its onset move; shape (count,)."""
    second = np.sort(np.abs(z[2:] - 2 * z[1:-1] + z[:-2]), axis=0)  # NaN last
    known = np.maximum((~np.isnan(second)).sum(axis=0), 1)
    pick = lambda k: np.take_along_axis(second, k[None], axis=0)[0]
    return np.float32(1.4826 / np.sqrt(6)) * (pick((known - 1) // 2) + pick(known // 2)) / 2


def outliers(z, noise):
    """Which present samples lie farther than max(0.6 mm, 6 noise) from the median of their five neighbours.

    Only samples that are not near the middle of both neighbours are looked at, which no outlier is.
    """
    found = np.isnan(z)
    middle = np.zeros(z.shape, bool)
    middle[1:-1] = np.abs(z[2:] - 2 * z[1:-1] + z[:-2]) <= 0.5
    time, run = np.nonzero(~middle & ~found)
    padded = np.pad(z, ((2, 2), (0, 0)), constant_values=np.nan)
    window = np.sort(np.stack([padded[time + k, run] for k in range(5)]), axis=0)  # NaN last
    present = np.maximum(5 - np.isnan(window).sum(axis=0), 1)
    pick = lambda k: np.take_along_axis(window, k[None], axis=0)[0]
    residual = np.abs(z[time, run] - (pick((present - 1) // 2) + pick(present // 2)) / 2)
    far = residual > np.maximum(0.6, 6 * noise)[run]
    found[time[far], run[far]] = True
    return found


class Cleaned:
    """Sums over the samples that count, so that any mean level is two look-ups away."""

    def __init__(self, z, noise):
        drop = outliers(z, noise)
        self.total = np.pad(np.cumsum(np.where(drop, 0, z), axis=0, dtype=np.float32), ((1, 0), (0, 0)))
        self.count = np.pad(np.cumsum(~drop, axis=0, dtype=np.int32), ((1, 0), (0, 0)))

    def mean(self, first, end, runs):
        """Mean level of samples first..<end and how many there are, for the slice `runs`."""
        n = self.count[end, runs] - self.count[first, runs]
        return (self.total[end, runs] - self.total[first, runs]) / np.maximum(n, 1), n


def inputs(clean, runs, last, celsius, tilt, noise, start_sd):
    """The network's inputs for samples 0...last of the slice `runs`, shape (count, PARTS + 10)."""
    edge = [-(-(k * last) // PARTS) for k in range(PARTS)] + [last + 1]
    level = [clean.mean(a, b, runs)[0] for a, b in zip(edge, edge[1:])]
    minutes = last * PERIOD_S / 60
    speed = [(b - a) / (minutes / PARTS) for a, b in zip(level, level[1:])]
    for seconds in END_WINDOWS_S:
        k = int(round(seconds / PERIOD_S))
        late, n = clean.mean(last + 1 - k, last + 1, runs)
        early, m = clean.mean(last + 1 - 2 * k, last + 1 - k, runs)
        speed.append(np.where((n > 0) & (m > 0), (late - early) / (seconds / 60), speed[PARTS - 2]))
    one = np.ones_like(level[0])
    return np.column_stack(
        [np.arcsinh(s / 0.05) for s in speed]
        + [np.arcsinh(level[0]), np.arcsinh(level[-1]), level[-1] / 10, minutes * one, np.log(minutes) * one,
           np.log(viscosity(20.0) / viscosity(celsius)), np.log(1 + tilt_gain(tilt)),
           np.log(np.maximum(noise, 0.02)), start_sd / 10]).astype(np.float32)
