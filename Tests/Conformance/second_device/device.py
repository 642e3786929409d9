"""The device: one COR One on a UDP port of the loopback."""

import socket
import threading

from . import cbor
from .boot_loader import BootLoader
from .clock import Clock
from .cor_group import INVALID, LIVE_SAMPLE, RECORD_READY, STATE_CHANGED, CORGroup
from .flash import Flash
from .image_group import ImageGroup
from .link import Link
from .measurement import COMPLETE, POWER, Measurement, sedimentation
from .os_group import OSGroup
from .ownership import Ownership
from .records import SEDIMENTATION_RUN, Records
from .smp import COR, EINVAL, EMSGSIZE, ENOTSUP, HEADER_LENGTH, IMAGE, OS, READ, WRITE, GroupError, Message, SMPError

LINK_COUNT_MAX = 8
# The device was switched on an hour before a test, so that a run of 30 minutes can have ended.
SWITCHED_ON_MS = 3_600_000
RESET_DELAY, START_TIME = 0.1, 0.3


class Device:
    """Everything in memory is made anew by each start; `folder` is the flash.

    Unless it is given more, it has the least that the profile demands: groups 0 and 64, and no capability but `esr`. With a
    `factory_image` it has image management.
    """

    model, hardware = "COR One (second)", "S1"
    buffer_size, buffer_count = 2_048, 4
    image_length_max = 200_000
    # How answers are written.
    encode = staticmethod(cbor.encode)
    # What a self-test finds broken, while an image is on trial.
    broken_on_trial = frozenset()

    def __init__(self, folder, serial, signer, attester=None, is_certified=True, capabilities=("esr",),
                 factory_image=None, image_keys=None):
        """`signer` signs records, `attester` (the same, unless a test wants it) attestations; `image_keys`: boot_loader.Image."""
        self.flash = Flash(folder)
        self.serial, self.signer, self.attester = serial, signer, attester or signer
        self.is_certified, self.capabilities = is_certified, list(capabilities)
        self.boot_loader = BootLoader(self.flash, image_keys or {}, self.image_length_max) if factory_image else None
        if self.boot_loader and not self.flash.get("running"):
            self.boot_loader.install_at_the_maker(factory_image)
        self.lock, self.is_gone = threading.RLock(), False
        self.port = 0
        # What was asked, and the answer; events stand beside nothing.
        self.journal = []
        self.start(SWITCHED_ON_MS)

    # Power

    def start(self, uptime_ms=0):
        """A boot: counted durably before anything is answered."""
        if self.boot_loader:
            self.boot_loader.start()
        self.boot = self.flash.get("boot", 0) + 1
        self.flash.put(boot=self.boot)
        self.clock = Clock(uptime_ms)
        self.links = {}
        self.measurement, self.cartridge = None, None
        self.battery, self.has_external_power, self.faults, self.blinks_for = 90, True, set(), 0
        self.records = Records(
            self.flash, self.serial, self.boot, self.clock, self.signer, proves="ack-proof" in self.capabilities)
        self.ownership = Ownership(self.flash, lambda: self.clock.uptime() / 1000, self._tell_state)
        self.groups = {
            OS: OSGroup(self.buffer_size, self.buffer_count, lambda: self.measurement is not None, self._plan_reset).handle}
        if self.boot_loader:
            self.groups[IMAGE] = ImageGroup(self.flash, self.boot_loader).handle
        self.cor_group = CORGroup(self)
        if interrupted := Measurement.interrupted(self.flash):
            # Unless the power went between its record and this.
            if not self.records.holds_run(interrupted.cartridge):
                self.records.close(SEDIMENTATION_RUN, interrupted.body(POWER))
            interrupted.forget()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.port = self.socket.getsockname()[1]
        self.has_power = True
        self.server = threading.Thread(target=self._serve, daemon=True)
        self.server.start()

    def cut_power(self):
        """Nothing is answered any more when it returns."""
        with self.lock:
            self.has_power = False
        try:
            # Wakes the reader; that the socket is not connected is said all the same.
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.join()
        self.socket.close()

    def restart(self):
        self.cut_power()
        with self.lock:
            self.start()

    def _plan_reset(self):
        """The answer goes out first."""
        threading.Timer(RESET_DELAY, self._reset).start()

    def _reset(self):
        if self.has_power:
            self.cut_power()
            threading.Timer(START_TIME, self._come_back).start()

    def _come_back(self):
        with self.lock:
            if not self.has_power and not self.is_gone:
                self.start()

    def close(self):
        """For good: a reset that is on its way brings it back no more."""
        self.is_gone = True
        self.cut_power()

    # What it is

    @property
    def link(self):
        return f"udp://127.0.0.1:{self.port}"

    @property
    def firmware(self):
        return self.boot_loader.running.version if self.boot_loader else "1.0.0"

    @property
    def arrived(self):
        """Bytes of an image that is on its way."""
        return self.groups[IMAGE].__self__.arrived() if self.flash.get("upload") else 0

    @property
    def broken(self):
        is_on_trial = self.boot_loader and not self.boot_loader.is_confirmed
        return self.faults | (self.broken_on_trial if is_on_trial else set())

    # Answers

    def fits(self, body):
        return HEADER_LENGTH + len(self.encode(body)) <= self.buffer_size

    def _serve(self):
        while True:
            try:
                datagram, address = self.socket.recvfrom(65_536)
            except OSError:
                return
            with self.lock:
                if not self.has_power:
                    return
                if address:
                    self._answer(datagram, address)

    def _answer(self, datagram, address):
        request = Message.parse(datagram)
        if not request or request.operation not in (READ, WRITE) or request.version > 1:
            return
        link = self._link(address, request.group == COR)
        try:
            if len(datagram) > self.buffer_size:
                raise SMPError(EMSGSIZE)
            response = request.response(self._handle(request, link), self.encode)
        except (SMPError, GroupError) as error:
            response = request.error(error)
        self.journal.append((request, response))
        self._send(address, response.data())

    def _handle(self, request, link):
        if request.group not in self.groups and request.group != COR:
            raise SMPError(ENOTSUP)
        try:
            body = request.body()
        except cbor.Malformed:
            raise GroupError(COR, INVALID) if request.group == COR else SMPError(EINVAL) from None
        if request.group == COR:
            return self.cor_group.handle(request.operation, request.command, body, link)
        return self.groups[request.group](request.operation, request.command, body)

    def _link(self, address, is_kept):
        """Who has asked group 64 is a link; the eldest makes room."""
        link = self.links.get(address) or Link(address, self._send, self.journal)
        if is_kept and address not in self.links:
            if len(self.links) == LINK_COUNT_MAX:
                del self.links[next(iter(self.links))]
            self.links[address] = link
        return link

    def _send(self, address, datagram):
        try:
            self.socket.sendto(datagram, address)
        except OSError:
            pass  # Who asked is gone.

    # What people and blood do

    def press_button(self):
        with self.lock:
            self.ownership.press()

    def hold_button(self):
        with self.lock:
            self.ownership.hold()

    def begin_run(self, cartridge, minutes_ago=0, period_ms=5_000, profile=("esr-profile/short-60", 60_000, 800)):
        with self.lock:
            start = self.clock.device_time(minutes_ago * 60_000)
            self.measurement = Measurement.begin(self.flash, cartridge, "LOT-1", profile, start, period_ms)
            self.cartridge = cartridge
            self._tell_state("run")

    def sample(self, *falls):
        with self.lock:
            for fall in falls:
                self.measurement.add([fall])
                self._tell(LIVE_SAMPLE, self.measurement.live(), lambda link: link.is_live)

    def end_run(self, reason=COMPLETE):
        with self.lock:
            sequence = self.keep(SEDIMENTATION_RUN, self.measurement.body(reason))
            self.measurement.forget()
            self.measurement = None
            self._tell_state("run")
            return sequence

    def measure(self, cartridge, minutes=30):
        """A run that began so long ago and has just ended; gives the sequence of its record."""
        with self.lock:
            self.begin_run(cartridge, minutes)
            self.measurement.add(sedimentation(minutes, self.measurement.run[5], cartridge))
            return self.end_run()

    def keep(self, kind, body):
        sequence = self.records.close(kind, body)
        self._tell(RECORD_READY, {"seq": sequence})
        return sequence

    def _tell_state(self, what):
        self._tell(STATE_CHANGED, {"what": what})

    def _tell(self, event, body, wants=lambda link: True):
        for link in self.links.values():
            if wants(link):
                link.tell(event, body)
