"""The figures of bench-link from mcumgr-toolkit (PyPI, Rust), against the same device.

Usage: peer.py [HOST [PORT]], or peer.py TTY   Needs: pip install mcumgr-toolkit==0.20.0
"""

import statistics
import sys
import time

from mcumgr_toolkit import MCUmgrClient

IMAGE_LENGTH = 512 * 1024
UPLOAD_COUNT = 21
ECHO_COUNT = 5001
WARM_UP_COUNT = 500

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 1337
client = MCUmgrClient.serial(host, timeout_ms=5_000) if host.startswith("/") else MCUmgrClient.udp(host, port)
client.use_auto_frame_size()

echoes = []
for index in range(WARM_UP_COUNT + ECHO_COUNT):
    start = time.perf_counter()
    client.os_echo("0123456789")
    if index >= WARM_UP_COUNT:
        echoes.append((time.perf_counter() - start) * 1e6)
print(f"echo, median of {ECHO_COUNT}: {statistics.median(echoes):.1f} µs")

rates = []
for round in range(UPLOAD_COUNT):
    # Differs from all before, so that none resumes.
    image = bytes((i * 31 + (i >> 8) + round + 101) & 0xFF for i in range(IMAGE_LENGTH))
    start = time.perf_counter()
    client.image_upload(image)
    rates.append(IMAGE_LENGTH / (time.perf_counter() - start) / 1e6)
print(f"upload of {IMAGE_LENGTH} bytes, median of {UPLOAD_COUNT}: {statistics.median(rates):.1f} MB/s")
