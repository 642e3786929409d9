"""A backlog that comes to be while the far side is away, and goes when it is back: corhub, NATS JetStream, a mosquitto bridge."""

import json
import os
import pathlib
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[2] / "scripts")]

from chain import ROOT, CannotMeasure, Chain  # noqa: E402
from mosquitto_peer import Mosquitto  # noqa: E402
from nats_peer import NATS  # noqa: E402
from peer import CannotStart, is_durable, tracing  # noqa: E402

COUNT = 10_000
LENGTH = 10_000
# Of the second pass, in which the near side is killed.
KILLED_COUNT = 2_000
TRACED_COUNT = 20
# Of the store: devices that deliver at the same time, and whose records are the backlog.
DEVICES_AT_ONCE = 24
DEVICES = 3
# What signing and TLS allow moves with whatever else the machine does: the drain and that take turns.
TURNS = 3
# A peer that takes longer to store or to drain is measured by what it did until then.
SECONDS_MAX = 60


class Figures:
    one_by_one = at_once = drain = None
    durable = None
    stored = lost = drained = 0
    pace = 1
    impossible = None


def until_still(arrived, wanted):
    """Waits until all have arrived, or nothing more for ten seconds; returns how many, and between which moments."""
    first = last = None
    count, since = 0, time.monotonic()
    while count < wanted and time.monotonic() - since < 10 + (20 if first is None else 0):
        now = arrived()
        if now > count:
            last = time.monotonic()
            first, count, since = first or last, now, last
        time.sleep(0.02)
    return count, (last - first if first else None)


def published(publisher, first, count, pace):
    """Sends records, so many outstanding at a time. Returns how many were acknowledged, and in how many seconds."""
    os.sync()  # What was written before this is nobody's to wait for.
    filling = os.urandom(LENGTH - 8)
    begin = time.monotonic()
    sent = acknowledged = 0
    while acknowledged < count and time.monotonic() - begin < SECONDS_MAX:
        while sent < count and sent - acknowledged < pace:
            publisher.send(first + sent, (first + sent).to_bytes(8, "big") + filling)
            sent += 1
        publisher.acknowledged()
        acknowledged += 1
    while acknowledged < sent:
        publisher.acknowledged()
        acknowledged += 1
    return acknowledged, time.monotonic() - begin


def traced(peer, folder):
    """Whether records are synced before they are acknowledged, one by one, as strace sees it. Ends what it starts."""
    trace = folder / "trace"
    peer.kill_near()
    peer.start_near(trace)
    publisher = peer.publisher()
    published(publisher, 1 << 40, 5, 1)
    spans = []
    for number in range(TRACED_COUNT):
        sent = time.time()
        published(publisher, (1 << 40) + 5 + number, 1, 1)
        spans.append((sent, time.time()))
    peer.processes.end_all()
    return is_durable(spans, trace)


def peer_figures(kind, tight):
    packages = ROOT / ".build-bench"
    packages.mkdir(exist_ok=True)
    figures = Figures()
    figures.pace = kind.pace
    with tempfile.TemporaryDirectory(prefix="bench-forward-", dir=packages, ignore_cleanup_errors=True) as folder:
        for step in ("drain", "kill", "trace"):
            place = pathlib.Path(folder) / step
            place.mkdir()
            peer = kind(packages, place, tight)
            figures.version = peer.version
            if not peer.is_possible:
                figures.impossible = peer.impossible
                return figures
            try:
                peer.prepare()
                if step == "trace":
                    figures.durable = traced(peer, place)
                    continue
                publisher = peer.publisher()
                if step == "drain":
                    few, seconds = published(publisher, 1, 500, 1)
                    figures.one_by_one = few / seconds
                    many, seconds = published(publisher, 501, COUNT - few, kind.pace)
                    figures.at_once, figures.stored = many / seconds, few + many
                else:
                    killed_stored, _ = published(publisher, 1, KILLED_COUNT, kind.pace)
                    peer.kill_near()
                    peer.start_near()
                peer.start_far()
                arrived, seconds = until_still(peer.arrived, figures.stored if step == "drain" else killed_stored)
                if step == "drain":
                    figures.drained, figures.drain = arrived, seconds
                else:
                    figures.lost = killed_stored - arrived
            finally:
                peer.processes.end_all()
    return figures


class Hub(Chain):
    """The agent with an upstream that is away, and records of a device that are put into its store."""

    def prepare(self):
        subprocess.run(
            [self.programs / "corone-sim", "make-ca", self.folder / "device-ca"], check=True, stdout=subprocess.DEVNULL)
        self.upstream, url = self.start_upstream()
        self.port = int(url.rsplit(":", 1)[1].strip("/"))
        self.configuration = self.configure()
        self.upstream.end()

    def ingest(self, count, devices, kill_at=None, trace=None):
        """Returns the ids that were told as stored, when, and in how many seconds all were."""
        os.sync()
        command = [self.programs / "bench-forward", "ingest", self.folder / "hub", self.folder / "device-ca", count, devices]
        process = subprocess.Popen(
            [str(word) for word in (tracing(trace) if trace else []) + command], stdout=subprocess.PIPE, text=True)
        told, times, seconds = [], [], None
        for line in process.stdout:
            if line.startswith("{"):
                seconds = json.loads(line)["seconds"]
                continue
            told.append(line.strip())
            times.append(time.time())
            if len(told) == kill_at:
                process.kill()
        process.wait()
        if process.returncode and not kill_at:
            raise CannotMeasure(f"bench-forward ingest exits {process.returncode}")
        return told, times, seconds

    def waiting(self):
        buffer = self.buffer()["buffer"]
        return buffer["pending_records"]["count"], buffer["batches_without_receipt"]["count"]

    def drain(self, kill_at=None):
        """The seconds from the upstream's return to the last receipt. The hub is told at once, not after its back-off."""
        hub, _ = self.start_hub(self.configuration)
        time.sleep(1)
        waiting = self.waiting()[0]
        self.upstream, _ = self.serve_upstream(self.port)
        begin, killed = time.monotonic(), False
        flush = self.start("corhub", "buffer", "flush", "--socket", self.folder / "control.sock", "--json")
        while (now := self.waiting()) != (0, 0):
            if kill_at is not None and not killed and waiting - now[0] >= kill_at:
                hub.process.kill()
                hub.process.wait()
                hub, _ = self.start_hub(self.configuration)
                killed = True
            if time.monotonic() - begin > 10 * SECONDS_MAX:
                raise CannotMeasure(f"the hub does not come to an end: {now}")
            time.sleep(0.1)
        seconds = time.monotonic() - begin
        flush.end()
        hub.end()
        self.upstream.end()
        return seconds

    def received(self):
        with sqlite3.connect(f"file:{self.folder}/upstream/ledger.sqlite?mode=ro", uri=True) as ledger:
            return [row[0].hex() for row in ledger.execute("SELECT record_id FROM records")]


def our_figures(programs):
    figures = Figures()
    figures.pace = DEVICES_AT_ONCE
    for devices in (1, DEVICES_AT_ONCE):
        with Hub(programs) as hub:
            hub.prepare()
            _, _, seconds = hub.ingest(KILLED_COUNT, devices)
            figures.one_by_one, figures.at_once = figures.one_by_one or KILLED_COUNT / seconds, KILLED_COUNT / seconds
    figures.drains, figures.ceilings = [], []
    for _ in range(TURNS):
        with Hub(programs) as hub:
            hub.prepare()
            figures.stored = len(hub.ingest(COUNT, DEVICES)[0])
            figures.drains.append(hub.drain())
            figures.drained = len(set(hub.received()))
        if figures.drained != figures.stored:
            break  # The table tells.
        figures.ceilings.append(ceiling(programs))
    figures.drain = statistics.median(figures.drains)
    with Hub(programs) as hub:
        hub.prepare()
        told, _, _ = hub.ingest(COUNT, DEVICES_AT_ONCE, kill_at=KILLED_COUNT)
        hub.drain(kill_at=KILLED_COUNT // 2)
        received = hub.received()
        figures.lost = len(set(told) - set(received))
    with Hub(programs) as hub:
        hub.prepare()
        trace = hub.folder / "trace"
        _, times, _ = hub.ingest(TRACED_COUNT + 5, 1, trace=trace)
        figures.durable = is_durable(list(zip(times[4:], times[5:])), trace)
    return figures


def ceiling(programs):
    """Seconds that signing and TLS take for the same records to such an upstream, without a store."""
    with Hub(programs) as hub:
        hub.prepare()
        hub.serve_upstream(hub.port)
        text = subprocess.run(
            [hub.programs / "bench-forward", "ceiling", hub.folder / "hub", hub.folder / "device-ca", str(COUNT), str(DEVICES)],
            capture_output=True, text=True, timeout=600)
        if text.returncode:
            raise CannotMeasure(f"bench-forward ceiling: {text.stderr[-500:]}")
        return json.loads(text.stdout.splitlines()[-1])["seconds"]


def words(figures):
    # Something may be synced in time that is not yet the record: what kill -9 takes was not durable.
    durable = {True: "no" if figures.lost else "yes", False: "no", None: "not traced"}[figures.durable]
    drained = "nothing" if not figures.drained else f"{figures.drain:.1f} s"
    if figures.drained != figures.stored:
        drained += f", {figures.drained} of {figures.stored}"
    return [f"{figures.one_by_one:.0f} /s", f"{figures.at_once:.0f} /s ({figures.pace})", durable, drained, str(figures.lost)]


def forward(programs):
    """Prints the table."""
    print(f"{COUNT} records of 10 KB stored while the far side is away, and forwarded when it is back; {KILLED_COUNT} in the "
          "pass with kill -9 of the near side")
    columns = ["one by one", "at once", "durable before ack", "drained in", "lost on kill -9"]
    print(f"  {'':38}" + "".join(f"{column:>22}" for column in columns))
    ours = our_figures(programs)
    ratio = statistics.median(alone / drain for alone, drain in zip(ours.ceilings, ours.drains)) if ours.ceilings else 0
    print(f"  {'corhub, to a signed receipt':38}" + "".join(f"{word:>22}" for word in words(ours)), flush=True)
    for kind in (NATS, Mosquitto):
        for tight in (False, True):
            try:
                figures = peer_figures(kind, tight)
            except (CannotStart, OSError) as problem:
                print(f"  {kind.name}: cannot measure: {problem}")
                continue
            name = f"{kind.name} {figures.version}, {'tightest' if tight else 'as shipped'}"
            print(f"  {name:38}" + (figures.impossible if figures.impossible else "".join(
                f"{word:>22}" for word in words(figures))), flush=True)
    turns = ", ".join(f"{drain:.1f} s beside {alone:.1f} s" for alone, drain in zip(ours.ceilings, ours.drains))
    print(f"  drain beside signing and TLS alone, in turns: {turns}; the median is {ratio:.2f} of that rate (≥ 0.8) "
          f"{'OK' if ratio >= 0.8 else 'OVER'}; ≤ 10 s {'OK' if ours.drain <= 10 else 'OVER'}")
