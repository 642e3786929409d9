"""The judge's own runs: the recipe of the population, the column, the sensor and the artefacts, from its equations.

Nothing here is shared with models/esr, which trains the estimator, nor with the simulator: other code, another
integrator (Runge-Kutta of the fourth order in double precision), another generator of chance (Philox) and other seeds.
Everything is synthetic: no public set of real sedimentation curves is known.
"""

import dataclasses

import numpy as np

PERIOD_S = 5.0
COLUMN_MM, REFERENCE_MM = 60.0, 200.0
ARTEFACTS = ("clot", "bubble", "haemolysis", "knock", "underfill", "tilted", "late_start", "stalled")

# Hyper-parameters of the population (fitted to published summaries of 220 hospital patients and 29 normals).
LN_GAMMA, LN_GAMMA_SD, HEALTHY_SHIFT = 4.9234387400857695, 0.7461371317972596, -0.7
ONSET = dict(a=3.7915041377811396, b=-1.1354111420714288, sd=1.2369824254362234)
SHARE, SHARE_SD, WIDTH = 0.2776175473754464, 0.12, 0.043853427848375946


@dataclasses.dataclass
class Runs:
    """Falls in mm (runs × samples, NaN where missing), what the device reports of them, and the truth in mm/h."""

    falls: np.ndarray
    celsius: np.ndarray
    tilt: np.ndarray
    truth: np.ndarray
    # Whether any sample that is present was taken after the artefact; of a bubble behind the last one nothing is there.
    seen: np.ndarray = None


def thinness(celsius):
    """How much faster blood falls at this temperature than at 20 °C: viscosity ∝ 10^(247.8 / (T − 140 K))."""
    return 10 ** (247.8 / (293.15 - 140) - 247.8 / (celsius + 273.15 - 140))


def people(rng, n):
    """Blood of the home mix: half hospital, half healthy."""
    healthy = np.arange(n) % 2 == 1
    g, o, s, a, h, m = rng.standard_normal((6, n))
    ln_gamma = LN_GAMMA + HEALTHY_SHIFT * healthy + LN_GAMMA_SD * g
    ln_onset = ONSET["a"] + ONSET["b"] * (ln_gamma - LN_GAMMA) + ONSET["sd"] * o
    centre, spread = np.where(healthy, 0.425, 0.385), np.where(healthy, 0.040, 0.055)
    return dict(
        speed=0.0120 * np.exp(ln_gamma), onset=np.exp(ln_onset).clip(1, 90), width=(WIDTH * np.exp(ln_onset)).clip(0.5, 25),
        share=(SHARE + SHARE_SD * s).clip(0.02, 0.95), aggregation=1.5 * np.exp(0.35 * a),
        cells=0.8 * (centre + spread * h).clip(0.20, 0.60), packed=(0.86 + 0.03 * m).clip(0.76, 0.95))


def settle(blood, column, factor, minutes, before=0.0, step=PERIOD_S / 60, slowing=None):
    """Fall in mm at every step, by Runge-Kutta 4 on x = h / column; `before`: minutes settled ahead of sample 0.

    `slowing` = (minute after sample 0, share of the speed that is left from there on).
    """
    f0, fm = blood["cells"], blood["packed"]
    bottom = 1.0005 * f0 / fm
    v = blood["speed"] * factor / column

    def slope(x, t, left):
        f = f0 / np.maximum(x, bottom)
        broken = 1 / (1 + np.exp(((blood["onset"] - t) / blood["width"]).clip(-300, 300)))
        ready = -np.expm1(-t / blood["aggregation"])
        return -left * v * ready * (blood["share"] + (1 - blood["share"]) * broken) * (fm - f) ** 3 / (f * (1 - f))

    def step_on(x, t, dt, left=1.0):
        a = slope(x, t, left)
        b = slope(x + dt / 2 * a, t + dt / 2, left)
        c = slope(x + dt / 2 * b, t + dt / 2, left)
        d = slope(x + dt * c, t + dt, left)
        return np.maximum(x + dt / 6 * (a + 2 * b + 2 * c + d), bottom)

    x = np.ones_like(f0)
    before = np.broadcast_to(np.asarray(before, float), x.shape)
    if before.any():
        for k in range(10):
            x = step_on(x, before * k / 10, before / 10)
    out = [x]
    for k in range(round(minutes / step)):
        left = 1.0 if slowing is None else np.where(k * step >= slowing[0], slowing[1], 1.0)
        x = step_on(x, before + k * step, step, left)
        out.append(x)
    return column * (1 - np.stack(out, axis=1))


def draw(seed, n, minutes=60, artefact=None, world=None, noise=1.0, pitch=0.05, celsius=None, tilt=None):
    """`n` runs of the recipe; `world` changes the blood, `noise` multiplies white noise and wander."""
    rng = np.random.Generator(np.random.Philox(seed))
    blood = people(rng, n)
    if world is not None:
        world(blood)
    truth = settle(blood, REFERENCE_MM, 1.0, 60, step=1 / 6)[:, -1]
    true_celsius = rng.uniform(18, 28, n) if celsius is None else rng.uniform(*celsius, n)
    true_tilt = np.abs(rng.normal(0, 0.5, n)) if tilt is None else rng.uniform(*tilt, n)
    if artefact == "tilted":
        true_tilt = rng.uniform(3, 8, n)
    factor = thinness(true_celsius) * (1 + 0.30 * (true_tilt / 3) ** 2.36) * np.exp(rng.normal(0, 0.04, n))
    before = np.abs(rng.normal(0, 10, n)) / 60
    moment = rng.uniform(0, minutes, n)
    slowing = None
    if artefact == "late_start":
        before = before + rng.uniform(60, 170, n) / 60
    elif artefact in ("clot", "stalled"):
        slowing = (moment, rng.uniform(0, 0.15, n) if artefact == "clot" else np.zeros(n))
    level = settle(blood, COLUMN_MM, factor, minutes, before, slowing=slowing)
    time = np.arange(level.shape[1]) * PERIOD_S / 60
    after = time >= moment[:, None]
    if artefact == "late_start":
        level = level - level[:, :1]
    elif artefact == "bubble":
        level = level + after * (rng.uniform(1, 5, n) * np.where(rng.random(n) < 0.5, 1, -1))[:, None]
    elif artefact == "knock":
        there = np.array([np.interp(m, time, row) for m, row in zip(moment, level)])
        level = level - after * (rng.uniform(0.4, 1, n) * there)[:, None]
    elif artefact == "underfill":
        level = level + rng.uniform(4, 15, n)[:, None]
    memory = np.exp(-PERIOD_S / 60)
    wander = np.empty_like(level)
    wander[:, 0] = rng.standard_normal(n)
    for k in range(1, level.shape[1]):
        wander[:, k] = memory * wander[:, k - 1] + np.sqrt(1 - memory**2) * rng.standard_normal(n)
    white = noise * 0.10 * rng.standard_normal(level.shape)
    if artefact == "haemolysis":
        white += 0.8 * rng.standard_normal(level.shape)
    level = level + rng.normal(0, 0.2, n)[:, None] + noise * 0.05 * wander + white
    level += np.where(rng.random(level.shape) < 0.003, rng.normal(0, 4, level.shape), 0)
    level = np.round(level / pitch) * pitch
    level[rng.random(level.shape) < 0.01] = np.nan
    seen = np.any(after & ~np.isnan(level), axis=1) if artefact == "bubble" else np.ones(n, bool)
    return Runs(level, true_celsius + rng.normal(0, 0.5, n), true_tilt, truth, seen)
