"""Whose the device is: states/ownership.yaml, device-behaviour.md section 5."""

from .smp import COR, GroupError

NOT_OWNER, OWNED_BY_ANOTHER, BUSY = 4, 5, 6
BUTTON_TIME = 60
FREE, AWAITING_BUTTON, OWNED = "free", "awaiting-button", "owned"


class Ownership:
    """A claim that waits is in memory only; the owner is in flash."""

    def __init__(self, flash, now, tell):
        self.flash, self.now, self.tell = flash, now, tell
        self.claimant, self.claimed_at = None, 0

    @property
    def owner(self):
        return self.flash.get("owner")

    def response(self):
        self.expire()
        if self.owner:
            return {"state": OWNED, "owner": self.owner}
        return {"state": AWAITING_BUTTON if self.claimant else FREE, "owner": self.claimant}

    def expire(self):
        if self.claimant and self.now() - self.claimed_at >= BUTTON_TIME:
            self.claimant = None
            self.tell("owner")

    def claim(self, hub):
        self.expire()
        if self.owner not in (None, hub):
            raise GroupError(COR, OWNED_BY_ANOTHER)
        if self.claimant not in (None, hub):
            raise GroupError(COR, BUSY)
        if not self.owner:
            self.claimant, self.claimed_at = hub, self.now()
        return self.response()

    def release(self, hub):
        self.expire()
        holder = self.owner or self.claimant
        if holder not in (None, hub):
            raise GroupError(COR, NOT_OWNER)
        if holder:
            self.free()
        return self.response()

    def free(self):
        if self.owner:
            self.flash.put(owner=None)
        self.claimant = None
        self.tell("owner")

    def press(self):
        self.expire()
        if self.claimant:
            self.flash.put(owner=self.claimant)
            self.claimant = None
            self.tell("button")
            self.tell("owner")
        else:
            self.tell("button")

    def hold(self):
        """For 10 seconds: takes the device from whoever owns it or waits."""
        self.expire()
        if self.owner or self.claimant:
            self.free()
