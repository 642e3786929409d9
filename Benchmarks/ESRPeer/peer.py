"""The prototype style of estimator on the same synthetic runs: NumPy features and scikit-learn's gradient boosting.

Usage: peer.py RUNS.npz MINUTES    (falls, celsius, tilt, truth of the runs to be judged)

Trains on 14,000 runs of models/esr, predicts the given ones, and prints one JSON line: SD, µs a run with features, and bytes of the model.
"""

import json
import pathlib
import pickle
import sys
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models" / "esr"))
from features import Cleaned, inputs, noise_of  # noqa: E402
from sedimentation import PERIOD_S, draw_runs  # noqa: E402


def features(falls, celsius, tilt, minutes):
    """`falls` is time by run."""
    last = int(minutes * 60 / PERIOD_S)
    z = falls[:last + 1]
    noise = noise_of(z)
    return inputs(Cleaned(z, noise), slice(None), last, celsius, tilt, noise, np.full(len(celsius), 10.0))


def main():
    given, minutes = np.load(sys.argv[1]), float(sys.argv[2])
    runs = draw_runs(np.random.default_rng(50000), 14000, varied=False)
    x = features(runs["falls"], runs["celsius"], runs["tilt"], minutes)
    model = HistGradientBoostingRegressor(max_iter=300, learning_rate=0.06, l2_regularization=1.0, random_state=0)
    model.fit(x, runs["truth"][0])
    begin = time.perf_counter()
    x = features(given["falls"].T.astype(np.float32), given["celsius"], given["tilt"], minutes)
    value = model.predict(x)
    seconds = time.perf_counter() - begin
    print(json.dumps({"sd": float((value - given["truth"]).std()), "us_a_run": seconds / len(value) * 1e6,
                      "model_bytes": len(pickle.dumps(model))}))


if __name__ == "__main__":
    main()
