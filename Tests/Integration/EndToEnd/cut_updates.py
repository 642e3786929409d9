"""Power cuts of hub and device at random moments of updates over UDP. What must hold stands in `Cuts.check`."""

import random
import time

from test_firmware_update import image, install, running, slots, start, update

BUFFER, WINDOW = 4_096, 4


class Cuts:
    """Installs one image after another on one device, and cuts the power of either side meanwhile."""

    def __init__(self, stage, maker, seed):
        self.maker = maker
        self.chance = random.Random(seed)
        self.hub = start(stage, maker, "--buf-size", str(BUFFER), "--buf-count", str(WINDOW), proof="1s")
        self.hub.device.say({"do": "fault", "name": "slow-flash", "n": 120})
        self.counts = {"hub": 0, "device": 0}
        self.ends = {}
        self.sent_twice = self.updates = 0

    def play(self, hub, device, tell=lambda cuts: None):
        """Updates, until so many cuts of each were made; `tell` hears of each update that has ended."""
        while self.counts["hub"] < hub or self.counts["device"] < device:
            self.update([side for side, wanted in (("hub", hub), ("device", device)) if self.counts[side] < wanted])
            tell(self)

    def update(self, sides):
        self.updates += 1
        before, version = running(self.hub), f"1.{self.updates // 250 + 1}.{self.updates % 250}"
        if self.chance.random() < 0.3:
            self.hub.device.say({"do": "fault", "name": "cut-during-swap", "n": 1})
        install(self.hub, image(self.hub, self.maker, version), "--no-wait")
        cuts = 0
        while not (found := update(self.hub))["ended"] and cuts < 6:
            time.sleep(self.chance.uniform(0, 0.9))
            self.cut(self.chance.choice(sides))
            cuts += 1
        found = self.hub.eventually(lambda: (u := update(self.hub))["ended"] and u, f"the end of {version}", 180)
        self.check(found, before, version, cuts)

    def cut(self, side):
        self.counts[side] += 1
        if side == "device":
            self.hub.device.say({"do": "reboot"})
        else:
            self.hub.agent.kill()
            self.hub.start_agent()

    def check(self, found, before, version, cuts):
        phase = found["phase"]
        self.ends[phase] = self.ends.get(phase, 0) + 1
        assert phase in ("confirmed", "reverted"), found
        assert running(self.hub) == (version if phase == "confirmed" else before), (found, slots(self.hub))
        while not self.hub.device.lines.empty():
            line = self.hub.device.lines.get()
            if line.get("event") == "image-uploaded" and line["match"]:
                twice = line["received"] - line["length"]
                self.sent_twice = max(self.sent_twice, twice)
                # Each cut costs what was on its way, and the first part with which the upload is taken up.
                assert twice <= cuts * (WINDOW + 1) * BUFFER, (line, cuts)

    def __str__(self):
        return (f"{self.updates} updates, {self.counts['hub']} cuts of the hub, {self.counts['device']} of the device: "
                f"{', '.join(f'{count} {end}' for end, count in sorted(self.ends.items()))}; at most {self.sent_twice} bytes "
                f"came twice in one upload, a window has {WINDOW * BUFFER}")
