"""The figures of bench-codecs from cbor2 (PyPI): 2,000 integers both ways. Prints one JSON line a figure."""

import json
import statistics
import time

import cbor2

ROUNDS = 1001
integers = [index * 17 - 90 for index in range(2000)]
encoded = cbor2.dumps(integers)


def median(work):
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


print(json.dumps({"benchmark": "cbor-encode", "median_us": median(lambda: cbor2.dumps(integers))}))
print(json.dumps({"benchmark": "cbor-decode", "median_us": median(lambda: cbor2.loads(encoded))}))
