"""The cleaning and the features of Sources/Core/ESRAnalysis, for training. Both sides must stay the same."""

import numpy as np

from sedimentation import PERIOD_S, viscosity

PARTS = 16


def noise_of(z):
    """White noise in mm from second differences, which neither fall nor its onset move; shape (count,)."""
    second = np.abs(z[:, 2:] - 2 * z[:, 1:-1] + z[:, :-2])
    return 1.4826 * np.nanmedian(second, axis=1) / np.sqrt(6)


def inliers(z, noise):
    """Which samples are present and within max(0.6 mm, 6 noise) of the median of their five neighbours."""
    padded = np.pad(z, ((0, 0), (2, 2)), constant_values=np.nan)
    window = np.stack([padded[:, k:k + z.shape[1]] for k in range(5)])
    window = np.sort(window, axis=0)  # NaN last
    present = np.maximum(5 - np.isnan(window).sum(axis=0), 1)
    pick = lambda k: np.take_along_axis(window, k[None], axis=0)[0]
    residual = np.abs(z - (pick((present - 1) // 2) + pick(present // 2)) / 2)
    return residual <= np.maximum(0.6, 6 * noise)[:, None]  # NaN compares false


def levels(z, keep, last):
    """Mean level in mm of each of PARTS equal parts of samples 0...last; `last` per run, shape (count, PARTS)."""
    rows = np.arange(z.shape[0])[:, None]
    total = np.cumsum(np.where(keep, np.nan_to_num(z), 0), axis=1)
    count = np.cumsum(keep, axis=1)
    total, count = (np.pad(a, ((0, 0), (1, 0))) for a in (total, count))
    k = np.arange(PARTS + 1)
    edge = -(-(k[None, :] * last[:, None]) // PARTS)  # part of sample i is i * PARTS / last, rounded down
    edge[:, -1] = last + 1
    n = np.diff(count[rows, edge], axis=1)
    return np.diff(total[rows, edge], axis=1) / np.maximum(n, 1)


def inputs(level, last, celsius, tilt, noise):
    """The network's inputs, shape (count, PARTS + 7)."""
    minutes = last * PERIOD_S / 60
    speed = np.diff(level, axis=1) / (minutes / PARTS)[:, None]
    return np.column_stack([
        np.arcsinh(speed / 0.05),
        np.arcsinh(level[:, 0]), np.arcsinh(level[:, -1]),
        minutes, np.log(minutes),
        np.log(viscosity(20.0) / viscosity(celsius)),
        np.log1p(0.30 * (tilt / 3) ** 2.36),
        np.log(np.maximum(noise, 0.02)),
        level[:, -1],
    ])
