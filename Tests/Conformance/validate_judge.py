"""Holds scripts/corhub-validate against methcomp and SciPy, on drawn pairs and on bad input.

    python3 Tests/Conformance/validate_judge.py

SciPy (Theil-Sen slopes, Pearson, t intervals) and methcomp (Passing-Bablok) are written by others. Where no slope is below
-1 Passing-Bablok is Theil-Sen, so SciPy must agree to the last digit. methcomp 1.0 takes the geometric mean of the two slopes
behind the middle, and for an odd number of slopes a wrong one, so it is asked for even numbers and must be near. Exchanging
the two methods must invert the ends of the interval exactly, and the slope as far as the mean of two numbers and that of their
inverses are one. Exits 1 at a difference.
"""

import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from methcomp.regression import _PassingBablok as PassingBablok
from scipy import stats

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "corhub-validate"
loader = importlib.machinery.SourceFileLoader("corhub_validate", str(SCRIPT))
spec = importlib.util.spec_from_loader("corhub_validate", loader)
ours = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
loader.exec_module(ours)

problems = []


def same(what, found, expected, tolerance=1e-9):
    if not np.allclose(found, expected, rtol=tolerance, atol=tolerance):
        problems.append(f"{what}: {found}, expected {expected}")


def draw(seed, n, slope, intercept, rounded):
    """Pairs like those of two ESR methods; `rounded` makes ties."""
    rng = np.random.default_rng(seed)
    x = np.clip(rng.lognormal(3, 0.9, n), 1, 140)
    y = np.clip(intercept + slope * x + rng.normal(0, 1 + 0.08 * x), 0, 200)
    y[rng.random(n) < 0.05] *= 1.5
    return (np.round(x), np.round(y)) if rounded else (x, y)


def asymmetry(x, y):
    """Slope times slope of the exchange. With an even number of slopes the method takes the mean of the middle two, a and
    b, and their inverses have another mean: (a + b)² / 4ab in the place of 1."""
    i, j = np.triu_indices(len(x), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (y[j] - y[i]) / (x[j] - x[i])
    slopes = np.sort(slopes[~np.isnan(slopes) & (slopes != -1)])
    middle = len(slopes) // 2 + (slopes < -1).sum()
    a, b = slopes[middle - 1], slopes[middle]
    return 1.0 if len(slopes) % 2 else (a + b) ** 2 / (4 * a * b)


def judge(seed, n, slope, intercept, rounded):
    x, y = draw(seed, n, slope, intercept, rounded)
    name = f"seed {seed}, {n} pairs{', ties' if rounded else ''}"
    slope, intercept = ours.passing_bablok(x, y)
    back, _ = ours.passing_bablok(y, x)
    same(f"{name}: ends of the exchange", (1 / slope[2], 1 / slope[1]), back[1:], 1e-12)
    same(f"{name}: slope of the exchange", slope[0] * back[0], asymmetry(x, y))
    if not rounded:
        theirs = PassingBablok(x, y, "x", "y", "", 0.95, True, True, False, "b", "r")
        same(f"{name}: methcomp's slope", slope, theirs.slope, 0.05)
        same(f"{name}: methcomp's intercept", intercept[0], theirs.intercept[0], 0.3)
    table = ours.bland_altman(x, y)
    d = y - x
    interval = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    same(f"{name}: bias", table["bias_ci"], (interval.low, interval.high))
    same(f"{name}: limits", table["limits"], (d.mean() - 1.96 * stats.tstd(d), d.mean() + 1.96 * stats.tstd(d)))
    same(f"{name}: r", ours.evaluate(x, y, x * np.nan, x * np.nan)["pearson_r"], stats.pearsonr(x, y).statistic)


def judge_on_a_line(seed, n):
    """Evenly spaced, so that no slope is below -1: Theil and Sen's slope, and its interval to one rank."""
    rng = np.random.default_rng(seed)
    x = 2.0 * np.arange(n) + 3
    y = 1.07 * x - 2 + rng.uniform(-0.9, 0.9, n)
    slope, intercept = ours.passing_bablok(x, y)
    theirs = stats.theilslopes(y, x, 0.95)
    same(f"Theil-Sen, {n} pairs: slope", slope[0], theirs.slope)
    same(f"Theil-Sen, {n} pairs: interval", slope[1:], (theirs.low_slope, theirs.high_slope), 0.002)
    same(f"Theil-Sen, {n} pairs: intercept", intercept[0], np.median(y - theirs.slope * x))


def run(text, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "pairs.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = subprocess.run([sys.executable, "-B", SCRIPT, path, "--out", folder, *options], capture_output=True, text=True)
        return done, sorted(p.name for p in pathlib.Path(folder).iterdir())


def expect(what, condition):
    if not condition:
        problems.append(what)


def whole_program():
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.uniform(1, 20, 50), rng.uniform(21, 60, 50), rng.uniform(62, 120, 50)])
    good = "reference,corhub,low,high\n" + "".join(
        f"{a:.1f},{a + e:.1f},{a + e - 3:.1f},{a + e + 3:.1f}\n" for a, e in zip(x, rng.normal(0, 1, 150)))
    done, files = run(good, "--json")
    report = json.loads(done.stdout)
    expect(f"good pairs are accepted: {report['criteria']}", done.returncode == 0)
    expect("two pictures and a report", files == ["bland-altman.svg", "pairs.csv", "passing-bablok.svg", "report.json"])
    expect("coverage of ±3 SD", report["coverage"]["all"] > 0.98)
    lines = ["reference,corhub"] + [f"{a:.1f},{a * 1.3 + 6:.1f}" for a in x]
    done, _ = run("\n".join(lines))
    expect("a biased method is not accepted", done.returncode == 1 and "NOT MET" in done.stdout)
    for what, text in {
        "empty": "", "no header": "1,2\n3,4\n", "too few": "reference,corhub\n" + "1,2\n" * 9,
        "words": "reference,corhub\n" + "1,two\n" * 20, "not finite": "reference,corhub\n" + "1,nan\n" * 20,
        "out of range": "reference,corhub\n" + "1,251\n" * 20, "constant": "reference,corhub\n" + "5,5\n" * 20,
        "falling": "reference,corhub\n" + "".join(f"{k},{200 - 5 * k}\n" for k in range(30)),
        "bytes": b"\xff\xfe\x00", "too many": "reference,corhub\n" + "1,2\n" * 5001,
    }.items():
        done, _ = run(text)
        expect(f"{what}: status {done.returncode}, {done.stderr.strip()}",
               done.returncode == 2 and done.stderr.count("\n") == 1)


def main():
    for seed, (n, slope, intercept) in enumerate([(12, 1, 0), (40, 1.1, -2), (97, 0.9, 3), (152, 1, 0), (161, 1.3, 5)]):
        for rounded in (False, True):
            judge(seed, n, slope, intercept, rounded)
    for n in (11, 40, 151):
        judge_on_a_line(n, n)
    whole_program()
    for problem in problems:
        print(problem)
    print(f"corhub-validate beside methcomp and SciPy: {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
