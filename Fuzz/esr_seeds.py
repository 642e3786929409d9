"""esr_seeds.py CORPUS: inputs for the ESR target that get past the first gates: raw runs, lines and the head of a model."""

import json
import math
import pathlib
import random
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main(corpus: pathlib.Path) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    for number, speed in enumerate((0.0, 0.5, 1.0, 3.0)):
        # 5 s or 3 s a sample, 21 °C, upright, hundredths of a millimetre.
        for period, count in ((40, 500), (24, 400), (40, 100)):
            head = bytes([period, 84, 8, 11, 0, 0, 0, 1])
            falls = [round(10 * chance.gauss(0, 1) + speed * k) for k in range(count)]
            (corpus / f"run-{number}-{period}-{count}").write_bytes(head + struct.pack(f"<{count}h", *falls))
    line = {"index": 1, "period_s": 10, "temp_c": 21.0, "tilt_deg": 0.2, "profile": {"column_mm": 60.0, "dilution": 0.8},
            "z_mm": [round(0.02 * k + 0.1 * math.sin(3 * k), 1) for k in range(100)]}
    (corpus / "line").write_text(json.dumps(line))
    (corpus / "line-null").write_text(json.dumps({**line, "z_mm": [None] * 50, "start_uncertainty_s": None}))
    [model] = (ROOT / "models/esr/artefact").glob("*.esrmodel")
    (corpus / "model").write_bytes(model.read_bytes()[:1024])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
