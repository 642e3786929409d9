"""MCUboot's part: two slots, an image that is tried before it stays. states/image.yaml, device-behaviour.md section 9."""

import hashlib
import struct

from cryptography.exceptions import InvalidSignature

MAGIC = 0x96F3B83D
TLV_INFO, PROTECTED_TLV_INFO = 0x6907, 0x6908
KEY_HASH, SHA_256, ED25519, SECURITY_COUNTER = 0x01, 0x10, 0x24, 0x50


class NoImage(ValueError):
    """Bytes that are no image, or none that may be started: why, as a code of device-behaviour.md section 2."""


class Image:
    """MCUboot's image format: header, payload, protected TLVs, TLVs. Numbers are little endian."""

    def __init__(self, data):
        try:
            magic, _, header, protected, length, _ = struct.unpack_from("<IIHHII", data)
            if magic != MAGIC:
                raise NoImage("image-invalid")
            major, minor, revision, build = struct.unpack_from("<BBHI", data, 20)
            self.version = f"{major}.{minor}.{revision}" + (f".{build}" if build else "")
            self.signed = data[:header + length + protected]
            protected_tlvs = self._tlvs(data, header + length, PROTECTED_TLV_INFO) if protected else {}
            self.tlvs = self._tlvs(data, header + length + protected, TLV_INFO)
            self.hash = self.tlvs[SHA_256]
            [self.counter] = struct.unpack("<I", protected_tlvs.get(SECURITY_COUNTER, bytes(4)))
        except (struct.error, KeyError):
            raise NoImage("image-invalid") from None

    @staticmethod
    def _tlvs(data, place, wanted):
        magic, total = struct.unpack_from("<HH", data, place)
        if magic != wanted or place + total > len(data):
            raise NoImage("image-invalid")
        found, end, place = {}, place + total, place + 4
        while place < end:
            kind, length = struct.unpack_from("<HH", data, place)
            found[kind] = data[place + 4:place + 4 + length]
            place += 4 + length
        return found

    def check(self, keys, counter):
        """`keys`: makers' public keys by the SHA-256 of their SubjectPublicKeyInfo."""
        if hashlib.sha256(self.signed).digest() != self.hash:
            raise NoImage("image-invalid")
        try:
            keys[self.tlvs[KEY_HASH]].verify(self.tlvs[ED25519], self.hash)
        except (KeyError, InvalidSignature):
            raise NoImage("image-invalid") from None
        if self.counter < counter:
            raise NoImage("security-counter-too-low")


class BootLoader:
    """What runs is the piece that `running` names; the other slot is the other piece. A swap changes the name."""

    SLOTS = ("image-a", "image-b")

    def __init__(self, flash, keys, size):
        """`size`: bytes of the largest image file."""
        self.flash, self.keys, self.size = flash, keys, size

    def install_at_the_maker(self, image):
        self.flash.put_piece(self.SLOTS[0], image)
        self.flash.put(running=self.SLOTS[0], counter=Image(image).counter, is_confirmed=True, is_marked=False)

    @property
    def spare_slot(self):
        return self.SLOTS[1 - self.SLOTS.index(self.flash.get("running"))]

    @property
    def running(self):
        return Image(self.flash.piece(self.flash.get("running")))

    @property
    def spare(self):
        """The image in the other slot; None while there is none, or not the whole of it."""
        content = self.flash.piece(self.spare_slot)
        if not content or self.flash.get("upload"):
            return None
        try:
            return Image(content)
        except NoImage:
            return None

    @property
    def is_confirmed(self):
        return self.flash.get("is_confirmed")

    @property
    def is_marked(self):
        return self.flash.get("is_marked")

    def start(self):
        """What happens before the firmware runs."""
        if not self.is_confirmed:
            self._swap(is_confirmed=True, undone={1: self.running.hash, 2: "not-confirmed"})
        elif self.is_marked:
            image = self.spare
            try:
                image.check(self.keys, self.flash.get("counter"))
            except NoImage as why:
                self.flash.put(is_marked=False, undone={1: image.hash, 2: str(why)})
                self.flash.drop_piece(self.spare_slot)
            else:
                self._swap(is_confirmed=False)

    def _swap(self, **values):
        self.flash.put(running=self.spare_slot, is_marked=False, **values)

    def mark(self):
        self.flash.put(is_marked=True)

    def confirm(self):
        """The counter rises with the confirmation: before it, the image to fall back to has to start."""
        self.flash.put(is_confirmed=True, counter=max(self.flash.get("counter"), self.running.counter))

    def state(self, uptime):
        """record.cddl, device-state."""
        def slot(image, state):
            return {1: image.hash, 2: image.version, 3: state}

        spare = self.spare
        spare_state = 3 if self.is_marked else 4 if self.is_confirmed else 1
        return {1: slot(self.running, 1 if self.is_confirmed else 2), 2: spare and slot(spare, spare_state),
                3: self.flash.get("counter"), 4: self.size, 5: uptime, 6: self.flash.get("undone")}
