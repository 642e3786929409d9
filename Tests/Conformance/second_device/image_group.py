"""Group 1 as MCUmgr defines it, over the states of states/image.yaml."""

import hashlib

from .boot_loader import MAGIC, Image, NoImage
from .smp import EINVAL, ENOTSUP, IMAGE, READ, WRITE, GroupError, SMPError

STATE, UPLOAD, ERASE = 0, 1, 5
# MCUmgr's img_mgmt_err_code_t.
HASH_NOT_FOUND, NO_FREE_SLOT, INVALID_SLOT, INVALID_LENGTH, INVALID_MAGIC = 8, 9, 14, 21, 23
INVALID_HASH, ALREADY_PENDING, TOO_LARGE, DATA_OVERRUN, CONFIRMATION_DENIED, TEST_OF_ACTIVE_DENIED = 24, 28, 30, 31, 32, 33


class ImageGroup:
    """Image management; keys that it does not know are left alone, as MCUmgr's own does."""

    def __init__(self, flash, boot_loader):
        self.flash, self.boot_loader = flash, boot_loader

    def handle(self, operation, command, body):
        if (operation, command) == (READ, STATE):
            return self.state()
        if (operation, command) == (WRITE, STATE):
            return self.set_state(body)
        if (operation, command) == (WRITE, UPLOAD):
            return self.upload(body)
        if (operation, command) == (WRITE, ERASE):
            return self.erase(body)
        raise SMPError(ENOTSUP)

    def state(self):
        loader = self.boot_loader
        spare = loader.spare
        images = [self._entry(0, loader.running, active=True, confirmed=loader.is_confirmed, pending=False)]
        if spare:
            # While an image is on trial, the other is the one that is confirmed.
            images.append(self._entry(
                1, spare, active=False, confirmed=not loader.is_confirmed, pending=bool(loader.is_marked)))
        return {"images": images, "splitStatus": 0}

    @staticmethod
    def _entry(slot, image, active, confirmed, pending):
        return {"slot": slot, "version": image.version, "hash": image.hash, "bootable": True, "pending": pending,
                "confirmed": confirmed, "active": active, "permanent": False}

    def set_state(self, body):
        loader = self.boot_loader
        wanted, confirm = body.get("hash"), body.get("confirm", False)
        if not isinstance(confirm, bool) or not isinstance(wanted, (bytes, type(None))):
            raise SMPError(EINVAL)
        if confirm:
            if wanted not in (None, loader.running.hash):
                # Test before confirm.
                raise GroupError(IMAGE, CONFIRMATION_DENIED)
            if not loader.is_confirmed:
                loader.confirm()
        elif wanted is None:
            raise GroupError(IMAGE, INVALID_HASH)
        elif wanted == loader.running.hash:
            raise GroupError(IMAGE, TEST_OF_ACTIVE_DENIED)
        elif not loader.spare or loader.spare.hash != wanted:
            raise GroupError(IMAGE, HASH_NOT_FOUND)
        elif not loader.is_confirmed:
            raise GroupError(IMAGE, NO_FREE_SLOT)
        elif not loader.is_marked:
            loader.mark()
        return self.state()

    def upload(self, body):
        offset, data = body.get("off"), body.get("data")
        if not isinstance(offset, int) or not isinstance(data, bytes):
            raise SMPError(EINVAL)
        upload = self.flash.get("upload")
        if offset == 0:
            length, digest = body.get("len"), body.get("sha")
            if body.get("image", 0) != 0:
                raise GroupError(IMAGE, INVALID_SLOT)
            if not isinstance(length, int) or length <= 0:
                raise GroupError(IMAGE, INVALID_LENGTH)
            whole = self._whole(length, digest)
            if whole:
                return whole
            if upload and digest and [length, digest] == upload:
                return self.wanted()
            self._begin(length, digest, data)
            upload = [length, digest]
        elif not upload:
            # What had arrived is lost, or whole.
            spare = self.flash.piece(self.boot_loader.spare_slot) if self.boot_loader.spare else b""
            return {"off": len(spare)}
        arrived = self.arrived()
        if offset != arrived:
            return {"off": arrived}
        if arrived + len(data) > upload[0]:
            raise GroupError(IMAGE, DATA_OVERRUN)
        slot = self.boot_loader.spare_slot
        self.flash.append_piece(slot, offset, data)
        arrived += len(data)
        if arrived < upload[0]:
            return {"off": arrived}
        return self._finish(upload[1], arrived)

    def _whole(self, length, digest):
        """The answer to the first part of an image that is in the slot already."""
        content = self.flash.piece(self.boot_loader.spare_slot) if self.boot_loader.spare else None
        if content and digest and len(content) == length and hashlib.sha256(content).digest() == digest:
            return {"off": length, "match": True}
        return None

    def _begin(self, length, digest, data):
        loader = self.boot_loader
        if not loader.is_confirmed:
            raise GroupError(IMAGE, NO_FREE_SLOT)
        if loader.is_marked:
            raise GroupError(IMAGE, ALREADY_PENDING)
        if length > loader.size:
            raise GroupError(IMAGE, TOO_LARGE)
        if data[:4] != MAGIC.to_bytes(4, "little"):
            raise GroupError(IMAGE, INVALID_MAGIC)
        # From here on the slot holds no image, also behind a power cut.
        self.flash.put(upload=[length, digest])
        self.flash.drop_piece(loader.spare_slot)

    def arrived(self):
        return len(self.flash.piece(self.boot_loader.spare_slot) or b"")

    def wanted(self):
        return {"off": self.arrived()}

    def _finish(self, digest, arrived):
        slot = self.boot_loader.spare_slot
        content = self.flash.piece(slot)
        is_match = digest is None or hashlib.sha256(content).digest() == digest
        try:
            Image(content)
        except NoImage:
            is_match = False
        if not is_match:
            self.flash.drop_piece(slot)
        self.flash.put(upload=None)
        return {"off": arrived} if digest is None else {"off": arrived, "match": is_match}

    def erase(self, body):
        loader = self.boot_loader
        if body.get("slot", 1) != 1:
            raise GroupError(IMAGE, INVALID_SLOT)
        if not loader.is_confirmed or loader.is_marked:
            raise GroupError(IMAGE, NO_FREE_SLOT)
        self.flash.put(upload=None)
        self.flash.drop_piece(loader.spare_slot)
        return {}
