"""Trains the first ESR estimator on synthetic runs and writes Sources/Core/ESRAnalysis/Generated/ESRModelTable.swift.

    python3 models/esr/train.py            # about ten minutes on two cores

A network of two hidden layers sees the cleaned curve of the first 5 to 60 minutes and gives the mean of the true ESR
and the 5 and 95 % quantiles. Intervals are then calibrated on other runs, per stratum of the estimate and time seen.
Seeds: training 1000-1999, calibration 2000-2999, test 3000-3999; a judge must draw others.
"""

import hashlib
import pathlib
import sys

import numpy as np

from features import PARTS, inliers, inputs, levels, noise_of
from sedimentation import PERIOD_S, draw_runs

HIDDEN = 64
STRATA = (10.0, 20.0, 40.0, 60.0)  # upper ends in mm/h of all but the last
TIMES = (5, 10, 15, 20, 25, 30, 40, 50, 60)  # minutes at which intervals are calibrated
TABLE = pathlib.Path(__file__).parents[2] / "Sources/Core/ESRAnalysis/Generated/ESRModelTable.swift"


def prepare(seed, chunks, views, times=None):
    """Inputs and truths of `chunks` × 5,000 runs, each seen `views` times at a random (or each given) minute."""
    xs, ys, ts = [], [], []
    for chunk in range(chunks):
        rng = np.random.default_rng(seed + chunk)
        count = 5000
        loud = rng.random(count) < 0.3
        noise = np.where(loud, np.exp(rng.uniform(np.log(0.5), np.log(2.5), count)), 1.0) if times is None else 1.0
        runs = draw_runs(rng, count, noise=noise)
        z = runs["falls"]
        keep = inliers(z, noise_of(z))
        for view in range(views) if times is None else times:
            if times is None:
                minutes = np.where(rng.random(count) < 0.5, rng.integers(5, 61, count),
                                   rng.choice([5, 10, 15, 20, 25, 30, 30, 40, 60], count))
            else:
                minutes = np.full(count, view)
            last = (minutes * 60 / PERIOD_S).astype(int)
            sigma = noise_of(np.where(np.arange(z.shape[1])[None, :] <= last[:, None], z, np.nan))
            xs.append(inputs(levels(z, keep, last), last, runs["celsius"], runs["tilt"], sigma))
            ys.append(runs["truth"])
            ts.append(minutes)
    return np.concatenate(xs).astype(np.float32), np.concatenate(ys).astype(np.float32), np.concatenate(ts)


def silu(a):
    s = 1 / (1 + np.exp(-a))
    return a * s, s * (1 + a * (1 - s))


def forward(p, x):
    a1, d1 = silu(x @ p[0] + p[1])
    a2, d2 = silu(a1 @ p[2] + p[3])
    return a1, d1, a2, d2, a2 @ p[4] + p[5]


def outputs(o):
    """Mean, 5 % and 95 % quantile in mm/h from the last layer: the mean in logarithm, the quantiles around it."""
    o = np.clip(o, -8, 8)
    mean = np.exp(o[:, 0])
    return mean, mean * np.exp(-np.exp(o[:, 1])), mean * np.exp(np.exp(o[:, 2]))


def gradient(o, y):
    """Of the loss over the last layer: weighted squared error of the mean, pinball loss of the quantiles."""
    mean, low, high = outputs(o)
    weight = 1 / (1 + mean / 10)
    g = np.empty_like(o)
    g[:, 0] = 0.1 * weight * (mean - y) * mean
    relative = 1 / (2 + 0.2 * mean)
    g_low = np.where(y < low, 0.95, -0.05) * relative
    g_high = np.where(y < high, 0.05, -0.95) * relative
    g[:, 1] = -g_low * low * np.exp(np.clip(o[:, 1], -8, 8))
    g[:, 2] = g_high * high * np.exp(np.clip(o[:, 2], -8, 8))
    return np.clip(g, -1000, 1000) / len(y)


def fit(x, y, epochs=40, batch=1024):
    rng = np.random.default_rng(7)
    sizes = [x.shape[1], HIDDEN, HIDDEN, 3]
    p = []
    for a, b in zip(sizes, sizes[1:]):
        p += [(rng.standard_normal((a, b)) * np.sqrt(2 / a)).astype(np.float32), np.zeros(b, np.float32)]
    p[4] *= 0.1
    p[5][:] = [np.log(15), -0.7, -0.7]
    first, second = [np.zeros_like(q) for q in p], [np.zeros_like(q) for q in p]
    average = [q.copy() for q in p]
    steps, step = epochs * (len(x) // batch), 0
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - batch + 1, batch):
            rows = order[start:start + batch]
            a1, d1, a2, d2, o = forward(p, x[rows])
            g = gradient(o, y[rows])
            back2 = (g @ p[4].T) * d2
            back1 = (back2 @ p[2].T) * d1
            grads = [x[rows].T @ back1, back1.sum(0), a1.T @ back2, back2.sum(0), a2.T @ g, g.sum(0)]
            step += 1
            rate = 2e-3 * (0.5 + 0.5 * np.cos(np.pi * step / steps)) + 1e-6
            for i, q in enumerate(grads):
                first[i] += 0.1 * (q - first[i])
                second[i] += 0.001 * (q * q - second[i])
                p[i] -= (rate * (first[i] / (1 - 0.9**step)) / (np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8)
                         ).astype(np.float32)
                average[i] += 0.002 * (p[i] - average[i])
        print(f"epoch {epoch + 1}/{epochs}", report(average, x[:50000], y[:50000]), flush=True)
    return average


def report(p, x, y):
    mean, low, high = outputs(forward(p, x)[4])
    inside = (y >= low) & (y <= high)
    return f"SD {np.std(mean - y):.2f}, <=20 {np.std((mean - y)[y <= 20]):.2f}, coverage {inside.mean():.3f}"


def calibrate(p, x, y, t):
    """Factors on the lower and upper arms of the interval, shape (times, strata, 2): 5 % miss on each side."""
    mean, low, high = outputs(forward(p, x)[4])
    factors = np.ones((len(TIMES), len(STRATA) + 1, 2))
    for i, minute in enumerate(TIMES):
        for s in range(len(STRATA) + 1):
            rows = (t == minute) & (np.searchsorted(STRATA, mean) == s)
            if rows.sum() < 200:
                continue
            factors[i, s, 0] = np.quantile(((mean - y) / (mean - low))[rows], 0.95)
            factors[i, s, 1] = np.quantile(((y - mean) / (high - mean))[rows], 0.95)
    return np.clip(factors, 0.5, 3.0)


def table(name, values):
    flat = [f"{v:.7g}" for v in np.asarray(values, np.float64).ravel()]
    lines, line = [], ""
    for v in flat:
        if len(line) + len(v) + 2 > 108:
            lines.append(line.rstrip())
            line = ""
        line += v + ", "
    lines.append(line.rstrip())
    body = "\n".join("        " + entry for entry in lines)
    return f"    static let {name}: [Double] = [\n{body}\n    ]\n"


def write(p, centre, scale, bounds, factors):
    w1 = p[0] / scale[:, None]
    b1 = p[1] - (centre / scale) @ p[0]
    parts = [
        table("weights1", w1.T), table("biases1", b1), table("weights2", p[2].T), table("biases2", p[3]),
        table("weights3", p[4].T), table("biases3", p[5]), table("inputCentres", centre),
        table("inputScales", scale), table("inputLowerBounds", bounds[0]), table("inputUpperBounds", bounds[1]),
        table("strata", STRATA), table("calibrationMinutes", TIMES), table("calibrationFactors", factors),
    ]
    digest = hashlib.sha256("".join(parts).encode()).hexdigest()[:16]
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(
        "// Generated by models/esr/train.py; do not edit.\n// swift-format-ignore-file\n\n"
        "/// Weights of the network, row by row of its outputs, and what it was calibrated to. Trained on synthetic\n"
        "/// runs only.\nenum ESRModelTable {\n"
        f"    static let version = \"synthetic-home/1+{digest}\"\n"
        f"    static let partCount = {PARTS}\n    static let inputCount = {len(centre)}\n"
        f"    static let hiddenCount = {HIDDEN}\n" + "".join(parts) + "}\n")


def main():
    chunks = int(sys.argv[1]) if len(sys.argv) > 1 else 80
    x, y, _ = prepare(1000, chunks, 6)
    centre, scale = x.mean(0), x.std(0) + 1e-6
    p = fit((x - centre) / scale, y)
    cx, cy, ct = prepare(2000, max(chunks // 3, 2), 0, TIMES)
    factors = calibrate(p, (cx - centre) / scale, cy, ct)
    bounds = np.stack([x.min(0), x.max(0)])
    write(p, centre, scale, bounds, factors)
    tx, ty, tt = prepare(3000, 4, 0, TIMES)
    mean, low, high = outputs(forward(p, (tx - centre) / scale)[4])
    for i, minute in enumerate(TIMES):
        rows = tt == minute
        stratum = np.searchsorted(STRATA, mean[rows])
        m, lo, hi, t = mean[rows], low[rows], high[rows], ty[rows]
        lo, hi = m - factors[i, stratum, 0] * (m - lo), m + factors[i, stratum, 1] * (hi - m)
        e = m - t
        inside = (t >= lo) & (t <= hi)
        print(f"{minute:2} min: bias {e.mean():+.2f} SD {e.std():.2f} <=20 {e[t <= 20].std():.2f} coverage "
              f"{inside.mean():.3f} (" + " ".join(f"{inside[stratum == s].mean():.2f}" for s in range(5))
              + f") median width {np.median(hi - lo):.1f}")


if __name__ == "__main__":
    main()
