"""Draws synthetic sedimentation runs: collapse of a gel of red cells in a 60 mm column, seen by a noisy sensor.

No public set of real sedimentation curves is known; everything here is synthetic. The population was fitted to the
published 15, 30 and 60 minute readings of 220 hospital patients and to the phases seen in 29 healthy people.
README.md in this folder names the equations. Arrays lie time by run, in float32, because that is how they are used.
"""

import numpy as np

PERIOD_S = 5.0
MU, SD = 4.9234387400857695, 0.7461371317972596
T_A, T_B, T_SD = 3.7915041377811396, -1.1354111420714288, 1.2369824254362234
R1, R_SD, W_REL = 0.2776175473754464, 0.12, 0.043853427848375946
UNIT_SPEED = 0.0120  # mm/min at 20 °C
DILUTION = 0.8
HIGH_SHARE = 0.07  # of the training runs, see draw_blood
ONSETS = 8  # further onsets drawn for each blood: labels of runs whose onset nobody has seen yet


def viscosity(celsius):
    """Viscosity of water, up to a constant factor."""
    return 10.0 ** (247.8 / (celsius + 273.15 - 140.0))


def tilt_gain(degrees):
    """Relative gain of speed of a leaning column."""
    return 0.30 * (np.abs(degrees) / 3) ** 2.36


def draw_blood(rng, count, high_share):
    """Parameters of `count` people's blood of the home mix; `t1` and `w` hold 1 + ONSETS draws of the onset each.

    A part `high_share` has a higher early share of speed than the recipe. Before the onset nothing tells a fast blood with
    a small early share from a slower one with a large share, and the recipe's share is known from 29 people only: without
    them the estimate would read high wherever the share is larger than the recipe says.
    """
    healthy = rng.random(count) < 0.5
    z = rng.standard_normal((6, count))
    lg = MU + np.where(healthy, -0.7, 0.0) + SD * z[0]
    spread = np.concatenate([z[1:2], rng.standard_normal((ONSETS, count))])
    onset = np.exp(T_A + T_B * (lg - MU) + T_SD * spread)
    m, s = np.where(healthy, 0.425, 0.385), np.where(healthy, 0.040, 0.055)
    r1 = np.clip(R1 + R_SD * z[2], 0.02, 0.95)
    high = rng.random(count) < high_share
    r1[high] = np.clip(0.5 + 0.1 * rng.standard_normal(high.sum()), 0.02, 0.95)
    blood = {
        "gamma": np.exp(lg), "t1": np.clip(onset, 1, 90), "w": np.clip(W_REL * onset, 0.5, 25), "r1": r1,
        "tau": np.exp(np.log(1.5) + 0.35 * z[3]), "phi": DILUTION * np.clip(m + s * z[4], 0.20, 0.60),
        "phim": np.clip(0.86 + 0.03 * z[5], 0.76, 0.95),
    }
    return {name: value.astype(np.float32) for name, value in blood.items()}


def integrate(blood, column_mm, speed, t1, w, steps, step_s, offset_min=0.0):
    """Fall in mm at every step by the midpoint rule, shape (steps + 1, …).

    `speed` multiplies gamma × UNIT_SPEED; `offset_min` is how long the blood had been settling at sample 0.
    """
    r1, phi0 = blood["r1"], blood["phi"] * np.float32(column_mm)
    phim, decay = blood["phim"], -1 / blood["tau"]
    v = (blood["gamma"] * np.float32(UNIT_SPEED) * speed).astype(np.float32)
    h = np.full(np.broadcast_shapes(v.shape, t1.shape), column_mm, np.float32)
    floor = np.float32(1.0005) * phi0 / phim

    def rate(h, t):
        phi = phi0 / h
        free = phim - phi
        drive = (1 - np.exp(t * decay)) * (r1 + (1 - r1) / (1 + np.exp(np.clip((t1 - t) / w, -80, 80))))
        return v * drive * free * free * free / (phi * (1 - phi))

    def advance(h, t, dt):
        half = np.maximum(h - dt / 2 * rate(h, t), floor)
        return np.maximum(h - dt * rate(half, t + dt / 2), floor)

    offset = np.asarray(offset_min, np.float32)
    if offset.any():  # what happened before the first sample
        part = offset / np.float32(6)
        for i in range(6):
            h = advance(h, np.float32(i) * part, part)
    falls = np.empty((steps + 1, *h.shape), np.float32)
    falls[0] = column_mm - h
    dt = np.float32(step_s / 60)
    for i in range(steps):
        h = advance(h, offset + np.float32(i) * dt, dt)
        falls[i + 1] = column_mm - h
    return falls


def truths(blood):
    """Fall at 60 minutes in a vertical 200 mm column at 20 °C in mm, for each onset, shape (1 + ONSETS, count)."""
    return integrate(blood, 200.0, np.float32(1), blood["t1"], blood["w"], 360, 10)[-1]


def draw_runs(rng, count, varied):
    """`count` undisturbed runs of an hour: falls (samples, count) in mm, NaN where missing, and what is known of them.

    With `varied`, shares of the runs have other noise, temperatures, start uncertainties and early shares than the
    recipe, so that the model knows what to make of them; without, they are the recipe.
    """
    some = lambda share: (rng.random(count) < share) & varied
    blood = draw_blood(rng, count, HIGH_SHARE if varied else 0.0)
    noise = np.where(some(0.3), np.exp(rng.uniform(np.log(0.5), np.log(2.5), count)), 1.0).astype(np.float32)
    start_sd = np.where(some(0.12), rng.uniform(0, 60, count), 10.0)
    celsius = np.where(some(0.10), rng.uniform(14.5, 30.5, count), rng.uniform(18, 28, count))
    tilt = np.abs(np.where(some(0.10), rng.uniform(0, 2.2, count), 0.5 * rng.standard_normal(count)))
    speed = viscosity(20.0) / viscosity(celsius) * (1 + tilt_gain(tilt)) * np.exp(0.04 * rng.standard_normal(count))
    offset = np.abs(start_sd * rng.standard_normal(count)) / 60
    steps = int(60 * 60 / PERIOD_S)
    z = integrate(blood, 60.0, speed, blood["t1"][0], blood["w"][0], steps, PERIOD_S, offset)
    z += (0.2 * rng.standard_normal(count)).astype(np.float32)
    rho = np.float32(np.exp(-PERIOD_S / 60))
    kick = np.float32(0.05) * np.sqrt(1 - rho * rho)
    wander = np.float32(0.05) * rng.standard_normal(count, np.float32)
    for row in z:
        row += noise * (wander + np.float32(0.10) * rng.standard_normal(count, np.float32))
        wander = rho * wander + kick * rng.standard_normal(count, np.float32)
    flat = z.reshape(-1)
    far = rng.integers(0, flat.size, rng.binomial(flat.size, 0.003))
    flat[far] += (4.0 * rng.standard_normal(far.size)).astype(np.float32)
    np.round(flat * np.float32(20), out=flat)
    flat /= np.float32(20)
    flat[rng.integers(0, flat.size, rng.binomial(flat.size, 0.01))] = np.nan
    return {
        "falls": z, "celsius": celsius + 0.5 * rng.standard_normal(count), "tilt": tilt, "start_sd": start_sd,
        "t1": blood["t1"], "w": blood["w"], "truth": truths(blood),
    }
