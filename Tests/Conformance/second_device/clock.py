"""Uptime and wall clock: states/clock.yaml, device-behaviour.md section 4. This device has no real-time clock."""

import time


class Clock:
    """Unset at each start."""

    def __init__(self, uptime_ms=0):
        """`uptime_ms`: how long ago the device was switched on, where a test does not begin with that."""
        self.began = time.monotonic() - uptime_ms / 1000
        self.wall_at_boot = None

    def uptime(self):
        return int((time.monotonic() - self.began) * 1000)

    def wall(self):
        return None if self.wall_at_boot is None else self.wall_at_boot + self.uptime()

    def response(self):
        return {"ms": self.wall(), "up": self.uptime()}

    def set(self, milliseconds):
        """Answers what was before."""
        before = self.response()
        self.wall_at_boot = milliseconds - before["up"]
        return before

    def device_time(self, before_ms=0):
        """record.cddl, device-time: of a moment so long ago."""
        uptime = self.uptime() - before_ms
        return {1: uptime, 2: None if self.wall_at_boot is None else self.wall_at_boot + uptime}
