"""corhub analyze on runs of the independent recipe: one JSON line, and the runs for peer.py.

Usage: judged.py CORHUB COUNT FOLDER
"""

import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import sys
import time

import numpy as np

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
loader = importlib.machinery.SourceFileLoader("esr_accuracy", str(ROOT / "scripts" / "esr-accuracy"))
accuracy = importlib.util.module_from_spec(importlib.util.spec_from_loader("esr_accuracy", loader))
loader.exec_module(accuracy)


def main():
    corhub, count, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
    runs = accuracy.recipe.draw(730000, count, minutes=30)
    np.savez(folder / "runs.npz", falls=runs.falls, celsius=runs.celsius, tilt=runs.tilt, truth=runs.truth)
    path = folder / "runs.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        accuracy.write(file, runs)
    begin = time.perf_counter()
    text = subprocess.run([corhub, "analyze", path], check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - begin
    judged = accuracy.Judged([json.loads(line) for line in text.splitlines()], runs.truth)
    print(json.dumps({"sd": float(judged.error.std()), "coverage": float(judged.inside.mean()),
                      "us_a_run": seconds / count * 1e6}))


if __name__ == "__main__":
    main()
