"""Draws synthetic sedimentation runs: collapse of a gel of red cells in a 60 mm column, seen by a noisy sensor.

No public set of real sedimentation curves is known; everything here is synthetic. The population was fitted to the
published 15, 30 and 60 minute readings of 220 hospital patients and to the phases seen in 29 healthy people.
README.md in this folder names the equations.
"""

import numpy as np

PERIOD_S = 5.0
MU, SD = 4.9234387400857695, 0.7461371317972596
T_A, T_B, T_SD = 3.7915041377811396, -1.1354111420714288, 1.2369824254362234
R1, R_SD, W_REL = 0.2776175473754464, 0.12, 0.043853427848375946
UNIT_SPEED = 0.0120  # mm/min at 20 °C
DILUTION = 0.8
ARTEFACTS = ("none", "clot", "bubble", "haemolysis", "knock", "underfill", "tilted", "late_start", "stalled")


def viscosity(celsius):
    """Viscosity of water, up to a constant factor."""
    return 10.0 ** (247.8 / (celsius + 273.15 - 140.0))


def draw_blood(rng, count, population="home"):
    """Parameters of `count` people's blood; `population` is hospital, healthy or home (half and half)."""
    healthy = {"hospital": np.zeros(count, bool), "healthy": np.ones(count, bool),
               "home": rng.random(count) < 0.5}[population]
    z = rng.standard_normal((6, count))
    lg = MU + np.where(healthy, -0.7, 0.0) + SD * z[0]
    onset = np.exp(T_A + T_B * (lg - MU) + T_SD * z[1])
    m, s = np.where(healthy, 0.425, 0.385), np.where(healthy, 0.040, 0.055)
    return {
        "gamma": np.exp(lg),
        "t1": np.clip(onset, 1, 90),
        "w": np.clip(W_REL * onset, 0.5, 25),
        "r1": np.clip(R1 + R_SD * z[2], 0.02, 0.95),
        "tau": np.exp(np.log(1.5) + 0.35 * z[3]),
        "phi": DILUTION * np.clip(m + s * z[4], 0.20, 0.60),
        "phim": np.clip(0.86 + 0.03 * z[5], 0.76, 0.95),
    }


def onset_factor(blood, t):
    """Share of the full driving force at minute `t`, 0 to 1."""
    t = np.maximum(t, 0.0)
    argument = np.clip(-(t - blood["t1"]) / blood["w"], -700, 700)
    return (1 - np.exp(-t / blood["tau"])) * (blood["r1"] + (1 - blood["r1"]) / (1 + np.exp(argument)))


def integrate(blood, column_mm, speed, minutes, offset_min=0.0, step_s=PERIOD_S, slow_from=None, slow_to=None):
    """Fall in mm at every step, shape (count, steps + 1); midpoint rule.

    `speed` multiplies gamma × UNIT_SPEED; `offset_min` is how long the blood had been settling at sample 0;
    from minute `slow_from` on the fall goes on at the share `slow_to` of its speed.
    """
    v = blood["gamma"] * UNIT_SPEED * speed
    h = np.full(v.shape, float(column_mm))
    floor = 1.0005 * blood["phi"] * column_mm / blood["phim"]

    def rate(h, t):
        phi = blood["phi"] * column_mm / np.maximum(h, floor)
        slow = 1.0 if slow_from is None else np.where(t - offset_min >= slow_from, slow_to, 1.0)
        return slow * v * onset_factor(blood, t) * (blood["phim"] - phi) ** 3 / (phi * (1 - phi))

    dt = step_s / 60
    if np.any(offset_min):  # what happened before the first sample
        part = offset_min / 12
        for i in range(12):
            half = np.maximum(h - part / 2 * rate(h, i * part), floor)
            h = np.maximum(h - part * rate(half, (i + 0.5) * part), floor)
    falls = [column_mm - h]
    for i in range(int(round(minutes * 60 / step_s))):
        t = offset_min + i * dt
        half = np.maximum(h - dt / 2 * rate(h, t), floor)
        h = np.maximum(h - dt * rate(half, t + dt / 2), floor)
        falls.append(column_mm - h)
    return np.stack(falls, axis=1)


def draw_runs(rng, count, minutes=60, artefact="none", artefact_minutes=None, population="home", noise=1.0,
              pitch=0.05, shift=None):
    """`count` runs: falls (count, samples) in mm with NaN where missing, temperature, tilt and the true ESR.

    Artefacts strike within the first `artefact_minutes` (all of the run when None); `noise` multiplies white noise
    and wander and may be an array; `shift` changes the blood's parameters in place, for worlds unlike the training's.
    """
    span = minutes if artefact_minutes is None else artefact_minutes
    blood = draw_blood(rng, count, population)
    if shift is not None:
        shift(blood)
    truth = integrate(blood, 200.0, 1.0, 60, step_s=10)[:, -1]
    celsius = rng.uniform(18, 28, count)
    tilt = np.abs(0.5 * rng.standard_normal(count))
    if artefact == "tilted":
        tilt = rng.uniform(3, 8, count)
    speed = (viscosity(20.0) / viscosity(celsius) * (1 + 0.30 * (tilt / 3) ** 2.36)
             * np.exp(0.04 * rng.standard_normal(count)))
    offset = np.abs(10 * rng.standard_normal(count)) / 60
    late = rng.uniform(60, 170, count) / 60 if artefact == "late_start" else 0.0
    at = rng.uniform(0, span, count)
    slow = {"clot": rng.uniform(0, 0.15, count), "stalled": np.zeros(count)}.get(artefact)
    z = integrate(blood, 60.0, speed, minutes, offset + late, slow_from=None if slow is None else at, slow_to=slow)
    samples = z.shape[1]
    after = np.arange(samples) * PERIOD_S / 60 >= at[:, None]
    if artefact == "late_start":
        z = z - z[:, :1]
    elif artefact == "bubble":
        z = z + after * (rng.uniform(1, 5, count) * rng.choice([-1, 1], count))[:, None]
    elif artefact == "knock":
        first = np.minimum((at * 60 / PERIOD_S).astype(int), samples - 1)
        z = z - after * (rng.uniform(0.4, 1.0, count) * z[np.arange(count), first])[:, None]
    elif artefact == "underfill":
        z = z + rng.uniform(4, 15, count)[:, None]
    z = z + 0.2 * rng.standard_normal(count)[:, None]
    rho = np.exp(-PERIOD_S / 60)
    scale = np.broadcast_to(np.asarray(noise, float), count)
    wander = 0.05 * rng.standard_normal(count)
    for i in range(samples):
        z[:, i] += scale * wander
        wander = rho * wander + 0.05 * np.sqrt(1 - rho * rho) * rng.standard_normal(count)
    z += scale[:, None] * 0.10 * rng.standard_normal(z.shape)
    if artefact == "haemolysis":
        z += 0.8 * rng.standard_normal(z.shape)
    z += (rng.random(z.shape) < 0.003) * 4.0 * rng.standard_normal(z.shape)
    z = np.round(z / pitch) * pitch
    z[rng.random(z.shape) < 0.01] = np.nan
    return {"falls": z, "celsius": celsius + 0.5 * rng.standard_normal(count), "tilt": tilt, "truth": truth}
