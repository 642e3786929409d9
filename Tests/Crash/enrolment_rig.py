"""Power cuts and failing calls at each change of the identity folder, through enrolment and renewal.

After each the same command is given again, undisturbed, and has to succeed: the hub is enrolled with a token that is used
once, keys and certificates fit each other, nothing is left over, and the upstream knows one usable transport certificate of
the hub, the one that the hub holds.
"""

import concurrent.futures
import json
import os
import shutil
import sqlite3
import subprocess
import threading

from rig import ROOT, WORKERS


SECONDS_MAX = 60


class EnrolmentRig:
    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        self.library = folder / "powercut.so"
        subprocess.run(
            ["cc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", self.library, ROOT / "Tests/Crash/powercut.c",
             "-ldl", "-lpthread"], check=True)
        self.state = folder / "upstream"
        self.tool("corhub-upstream", "init", self.state, "--environment", "test")
        self.server = subprocess.Popen(
            [self.programs / "corhub-upstream", "serve", "--state", self.state, "--listen", "127.0.0.1:0", "--json"],
            stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.server.stdout.readline())["url"]
        self.numbers = iter(range(1, 100_000))
        self.lock = threading.Lock()

    def close(self):
        self.server.terminate()
        self.server.wait(20)

    def tool(self, name, *arguments, environment=None):
        return subprocess.run(
            [self.programs / name, *map(str, arguments)], env=environment, capture_output=True, text=True,
            timeout=SECONDS_MAX)

    def fresh_hub(self):
        with self.lock:
            hub = f"hub-{next(self.numbers):04}"
        return hub, self.token(hub)

    def token(self, hub):
        done = self.tool("corhub-upstream", "token", "create", hub, "--state", self.state, "--json")
        return json.loads(done.stdout)["token"]

    def enroll(self, identity, token, environment=None, *options):
        return self.tool("corhub", "enroll", "--url", self.url, "--token", token, "--identity", identity, "--json", *options,
                         environment=environment)

    def renew(self, identity, environment=None):
        return self.tool("corhub", "enroll", "renew", "--identity", identity, "--json", environment=environment)

    def disturbed(self, identity, mode, point, count=None):
        return {**os.environ, "LD_PRELOAD": str(self.library), "CRASH_FOLDER": str(identity), "CRASH_MODE": mode,
                "CRASH_AT": str(point), **({"CRASH_COUNT": str(count)} if count else {})}

    def count_calls(self, work):
        """How many changes of the folder the work makes when nothing disturbs it."""
        hub, token = self.fresh_hub()
        identity, count = self.folder / "counted" / hub / "identity", self.folder / f"count-{hub}"
        environment = self.disturbed(identity, "kill", 0, count)
        if work != "enroll":
            self.enroll(identity, token)
            token = self.token(hub)
        self.run(work, identity, token, environment)
        return int(count.read_text())

    def problems(self, hub, identity, token_count=1):
        """What is wrong with a hub that should be enrolled and whole."""
        found = []
        if left := sorted(path.name for path in identity.iterdir() if ".new" in path.name or ".next." in path.name):
            found.append(f"left over: {left}")
        shown = self.tool("corhub", "enroll", "status", "--identity", identity, "--json")
        if shown.returncode or json.loads(shown.stdout)["hub"] != hub:
            return found + [f"status {shown.returncode}: {shown.stderr.strip()}"]
        held = json.loads(shown.stdout)["certificates"][0]["sha256"]
        # The hub uses what it holds; then nothing but that may be usable.
        asked = subprocess.run(
            ["curl", "--silent", "--fail", "--cacert", identity / "upstream-ca.pem", "--cert", identity / "tls.pem", "--key",
             identity / "tls.key", self.url + "/v1/profile"], capture_output=True, text=True, timeout=SECONDS_MAX)
        if asked.returncode or json.loads(asked.stdout)["hub"] != hub:
            found.append("the upstream does not take the hub's certificate")
        with sqlite3.connect(f"file:{self.state}/desk.sqlite?mode=ro", uri=True, timeout=20) as desk:
            usable = [row[0].hex() for row in desk.execute(
                "SELECT thumbprint FROM certificates WHERE name = ? AND role = 'hub-transport' AND revoked_ms IS NULL",
                (hub,))]
            uses = desk.execute("SELECT count(*) FROM tokens WHERE hub = ? AND used_ms IS NOT NULL", (hub,)).fetchone()[0]
        desk.close()
        if usable != [held]:
            found.append(f"usable {usable}, held {held}")
        if uses != token_count:
            found.append(f"{uses} tokens used")
        return found

    def control(self):
        """Whether a hub is found unsound whose keys were exchanged, and one that enrolled by two tokens."""
        seen = []
        for spoil in ("keys", "tokens"):
            hub, token = self.fresh_hub()
            identity = self.folder / hub / "identity"
            self.enroll(identity, token)
            if spoil == "keys":
                shutil.copy(identity / "signing.key", identity / "tls.key")
            else:
                self.enroll(self.folder / hub / "other", self.token(hub))
            seen.append(self.problems(hub, identity) != [])
        return all(seen)

    def run(self, work, identity, token, environment=None):
        if work == "renew":
            return self.renew(identity, environment)
        if work == "again":
            return self.enroll(identity, token, environment, "--again")
        if (identity / "hub.json").exists():
            # Nothing is left to do; the status has to be sound.
            return self.tool("corhub", "enroll", "status", "--identity", identity, environment=environment)
        return self.enroll(identity, token, environment)

    def disturb(self, work, mode, point, calls):
        """Disturbs one call, does the same again undisturbed, and looks. "twice" cuts the power in the recovery too."""
        hub, token = self.fresh_hub()
        identity = self.folder / hub / "identity"
        if work != "enroll":
            self.enroll(identity, token)
            token = self.token(hub) if work == "again" else token
        held = {path: path.read_bytes() for path in identity.glob("*.key")}
        kind = "kill" if mode == "twice" else mode
        runs = [self.run(work, identity, token, self.disturbed(identity, kind, point))]
        if mode == "twice":
            runs.append(self.run(work, identity, token, self.disturbed(identity, kind, 1 + point * 5 % calls)))
        again = self.run(work, identity, token)
        runs.append(again)
        found = [] if again.returncode == 0 else [f"again: {again.returncode} {again.stderr.strip()[-200:]}"]
        if any("PRIVATE" in run.stdout + run.stderr for run in runs):
            found.append("a key was printed")
        found += self.problems(hub, identity, 2 if work == "again" else 1)
        found += [f"{path.name} is the one of before" for path, before in held.items() if path.read_bytes() == before]
        shutil.rmtree(identity.parent)
        return [f"{work}, {mode} at {point}: {problem}" for problem in found], runs[0].returncode != 0

    def every_call(self, work, mode, stride=1):
        """Returns (points, disturbances that ended the command, problems)."""
        calls = self.count_calls(work)
        points = range(1, calls + 1, stride)
        problems, ended = [], 0
        with concurrent.futures.ThreadPoolExecutor(max_workers=WORKERS) as pool:
            for found, was_ended in pool.map(lambda point: self.disturb(work, mode, point, calls), points):
                problems += found
                ended += was_ended
        print(f"{work:8} {mode:8} points {len(points):4}, ended by it {ended:4}, unsound {len(problems)}", flush=True)
        return len(points), ended, problems
