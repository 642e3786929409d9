#!/usr/bin/env python3
"""The radio side of the virtual COR One: a BLE peripheral with the SMP service, whose messages a corone-sim answers.

usage: peripheral.py --sim PORT [--controller TRANSPORT] [--address ADDRESS] [--mtu N] [--open]

The device itself is corone-sim, on UDP port PORT of this machine, started with --link-kind ble. Without --controller two
controllers are made on one virtual radio: the kernel's, through /dev/vhci, and the device's; with it the device takes an
existing one, for example hci-socket:1. With --open the device talks to whom it is not paired with, too.

Commands come as lines on standard input, events go as JSON lines to standard output:

  io numeric|passkey|just   what the device can show and ask at the next pairing
  drop                      disconnect
  drop-after N              disconnect once N more bytes of SMP have passed, in either direction
  lose N                    the N-th notification from now is lost
  mtu N                     the MTU for the next connection
  forget, wrong-key         the device loses its bonds, or has another key in each
  off, on                   advertising
  hang                      the kernel's controller takes nothing but a reset any more
  impostor, genuine         another device without keys takes the address; the device has it again
  flood N                   N advertisements of strangers with the SMP service, each from an address of its own
  security-request          the connected device asks to be paired
  air                       how many packets of ATT a listener could read, and how many not
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import traceback

from bumble import hci
from bumble.core import UUID, AdvertisingData
from bumble.device import Device
from bumble.gatt import GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR, Characteristic, Service
from bumble.host import Host
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport import open_transport
from bumble.transport.common import AsyncPipeSink

from controllers import LowEnergyController, Radio
from fast_lane import FastLane

SERVICE = "8D53DC1D-1DB7-4CD3-868B-8A527460AA84"
CHARACTERISTIC = "DA2E7828-FBCE-4E01-AE9E-261174997C48"
HUB_ADDRESS = "00:1B:DC:00:00:01"
HEADER_LENGTH = 8

CAPABILITIES = {
    "numeric": PairingDelegate.DISPLAY_OUTPUT_AND_YES_NO_INPUT,
    "passkey": PairingDelegate.DISPLAY_OUTPUT_ONLY,
    "just": PairingDelegate.NO_OUTPUT_NO_INPUT,
}


def tell(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


class Display(PairingDelegate):
    """What a person would read from the device and press on it."""

    async def compare_numbers(self, number, digits):
        tell("number", value=f"{number:06d}")
        return True

    async def display_number(self, number, digits):
        tell("passkey", value=f"{number:06d}")


class Answers(asyncio.DatagramProtocol):
    def __init__(self, send):
        self.send = send

    def datagram_received(self, data, _address):
        self.send(data)


class Conversation:
    """One connection: fragments to whole messages for the simulator, its messages to notifications."""

    def __init__(self, peripheral, connection):
        self.peripheral, self.connection = peripheral, connection
        self.pending = b""
        self.outbox = asyncio.Queue()
        self.transport = None
        self.task = asyncio.ensure_future(self.run())

    async def run(self):
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(
            lambda: Answers(self.outbox.put_nowait), remote_addr=("127.0.0.1", self.peripheral.sim))
        self.flush()
        while True:
            message = await self.outbox.get()
            step = self.connection.att_mtu - 3
            for start in range(0, len(message), step):
                await self.peripheral.notify(self.connection, message[start:start + step])

    def received(self, fragment):
        self.pending += fragment
        self.flush()

    def flush(self):
        while self.transport and len(self.pending) >= HEADER_LENGTH:
            length = HEADER_LENGTH + int.from_bytes(self.pending[2:4], "big")
            if len(self.pending) < length:
                return
            self.transport.sendto(self.pending[:length])
            self.pending = self.pending[length:]

    def close(self):
        self.task.cancel()
        if self.transport:
            self.transport.close()


class Peripheral:
    """The device's GATT server and its bonds."""

    def __init__(self, name, host, address, sim, mtu, needs_encryption=True, lane=None):
        self.name, self.sim, self.lane = name, sim, lane
        self.capability = "numeric"
        self.conversations = {}
        self.bytes_left = None
        self.notifications_left = None
        self.advertising = False
        properties, permissions = Characteristic.Properties, Characteristic.Permissions
        secure = permissions.WRITE_REQUIRES_AUTHENTICATION if needs_encryption else permissions(0)
        self.device = Device("COR One", address=hci.Address(address), host=host)
        self.characteristic = Characteristic(
            CHARACTERISTIC, properties.WRITE_WITHOUT_RESPONSE | properties.NOTIFY, permissions.WRITEABLE | secure, bytes())
        self.characteristic.on("write", self.written)
        self.device.add_service(Service(SERVICE, [self.characteristic]))
        server = self.device.gatt_server
        subscription = server.get_attribute(self.characteristic.end_group_handle)
        assert subscription.type == GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR
        subscription.permissions |= secure
        server.max_mtu = mtu
        self.device.pairing_config_factory = lambda _: PairingConfig(
            sc=True, mitm=self.capability != "just", bonding=True, delegate=Display(CAPABILITIES[self.capability]),
            identity_address_type=PairingConfig.AddressType.RANDOM)
        self.device.on("connection", self.connected)

    async def start(self):
        await self.device.power_on()

    def connected(self, connection):
        tell("connected", device=self.name, peer=str(connection.peer_address))
        self.conversations[connection] = Conversation(self, connection)
        connection.on("disconnection", lambda reason: self.disconnected(connection, reason))
        connection.on("pairing", lambda keys: tell("paired", authenticated=bool(keys.ltk and keys.ltk.authenticated)))
        connection.on("pairing_failure", lambda reason: tell("pairing-failed", reason=str(reason)))
        connection.on("connection_encryption_change", lambda: tell("encrypted", value=int(connection.encryption)))

    def disconnected(self, connection, reason):
        tell("disconnected", device=self.name, reason=int(reason))
        self.conversations.pop(connection).close()
        if self.advertising:
            asyncio.ensure_future(self.advertise(True))

    def written(self, connection, value):
        if self.name == "impostor":
            tell("written-to-impostor", length=len(value))
        if connection in self.conversations and self.passes(len(value)):
            self.conversations[connection].received(bytes(value))

    async def notify(self, connection, value):
        if not self.passes(len(value)):
            return
        if self.notifications_left is not None:
            self.notifications_left -= 1
            if self.notifications_left == 0:
                self.notifications_left = None
                tell("notification-lost", length=len(value))
                return
        subscription = self.device.gatt_server.subscribers.get(connection, {}).get(self.characteristic.handle)
        if self.lane and subscription and subscription[0] & 1:
            self.lane.notify(connection.handle, self.characteristic.handle, value)
        else:
            await self.device.notify_subscriber(connection, self.characteristic, value)
        await asyncio.sleep(0)

    def passes(self, length):
        """False for the byte after which the device breaks off."""
        if self.bytes_left is None:
            return True
        self.bytes_left -= length
        if self.bytes_left > 0:
            return True
        self.bytes_left = None
        tell("breaking-off")
        asyncio.ensure_future(self.drop())
        return False

    async def drop(self):
        for connection in list(self.conversations):
            await connection.disconnect()

    async def advertise(self, on):
        self.advertising = on
        await self.device.stop_advertising()
        if not on:
            return
        data = bytes(AdvertisingData([
            (AdvertisingData.FLAGS, b"\x06"),
            (AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(UUID(SERVICE))),
            (AdvertisingData.SHORTENED_LOCAL_NAME, b"COR One"),
        ]))
        await self.device.start_advertising(
            auto_restart=False, advertising_data=data, advertising_interval_min=100, advertising_interval_max=100)

    async def spoil_keys(self):
        store = self.device.keystore
        for name, keys in await store.get_all():
            keys.ltk.value = bytes(byte ^ 0x55 for byte in keys.ltk.value)
            await store.update(name, keys)


class Lab:
    def __init__(self, arguments):
        self.arguments = arguments
        self.controller = self.radio = self.impostor = self.genuine = None

    async def start(self):
        arguments = self.arguments
        if arguments.controller:
            transport = await open_transport(arguments.controller)
            lane = FastLane(transport)
            host = Host(lane, transport.sink)
            # btvirt answers the reply with a byte where Bumble awaits three: no command would go out after it.
            host.on_hci_le_remote_connection_parameter_request_event = lambda _event: None
        else:
            self.radio = Radio()
            kernel = await open_transport("vhci")
            self.controller = LowEnergyController(
                "hub", host_source=kernel.source, host_sink=kernel.sink, link=self.radio, public_address=HUB_ADDRESS)
            host, lane = self.host("device"), None
        self.genuine = Peripheral(
            "genuine", host, arguments.address, arguments.sim, arguments.mtu, needs_encryption=not arguments.open,
            lane=lane)
        await self.genuine.start()
        await self.genuine.advertise(True)
        tell("ready", address=arguments.address)

    def host(self, name):
        controller = LowEnergyController(name, link=self.radio, public_address="00:1B:DC:00:00:02")
        return Host(controller, AsyncPipeSink(controller))

    async def impersonate(self):
        await self.genuine.advertise(False)
        await self.genuine.drop()
        if not self.impostor:
            self.impostor = Peripheral(
                "impostor", self.host("impostor"), self.arguments.address, self.arguments.sim, self.arguments.mtu,
                needs_encryption=False)
            await self.impostor.start()
        await self.impostor.advertise(True)

    async def flood(self, count):
        """Straight into the kernel's controller: no peripheral of Bumble's has so many addresses."""
        services = bytes(AdvertisingData([
            (AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(UUID(SERVICE)))]))
        for number in range(count):
            address = hci.Address(bytes([number & 0xFF, number >> 8 & 0xFF, number >> 16 & 0xFF, 0x66, 0x55, 0xC4]),
                                  hci.Address.RANDOM_DEVICE_ADDRESS)
            self.controller.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([
                hci.HCI_LE_Advertising_Report_Event.Report(
                    event_type=0, address_type=address.address_type, address=address, data=services, rssi=-60)]))
            if number % 20 == 19:
                await asyncio.sleep(0.01)
        tell("flooded", count=count)

    async def do(self, word, *rest):
        device = self.genuine
        match word:
            case "io": device.capability = rest[0]
            case "drop": await device.drop()
            case "drop-after": device.bytes_left = int(rest[0])
            case "lose": device.notifications_left = int(rest[0])
            case "mtu": device.device.gatt_server.max_mtu = int(rest[0])
            case "forget": await device.device.keystore.delete_all()
            case "wrong-key": await device.spoil_keys()
            case "off": await device.advertise(False)
            case "on": await device.advertise(True)
            case "hang": self.controller.hangs = True
            case "impostor": await self.impersonate()
            case "genuine":
                await self.impostor.advertise(False)
                await self.impostor.drop()
                await device.advertise(True)
            case "flood": await self.flood(int(rest[0]))
            case "air": tell("air", hub=sorted(self.radio.hub_addresses), **self.radio.counts)
            case "security-request":
                for peripheral in filter(None, (device, self.impostor)):
                    for connection in list(peripheral.conversations):
                        connection.request_pairing()
            case _: raise ValueError(f"no command {word}")

    async def run(self):
        await self.start()
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).decode().split():
            try:
                await self.do(*line)
                tell("done", command=" ".join(line))
            except Exception as error:  # a lab goes on; what it lacks shows in its case
                tell("refused", command=" ".join(line), reason=repr(error))


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("usage: "))
    parser.add_argument("--sim", type=int, required=True)
    parser.add_argument("--controller")
    parser.add_argument("--address", default="C2:00:00:00:00:02")
    parser.add_argument("--mtu", type=int, default=247)
    parser.add_argument("--open", action="store_true")
    lab = Lab(parser.parse_args())
    logging.basicConfig(level=os.environ.get("BUMBLE_LOGLEVEL", "WARNING"))
    try:
        asyncio.run(lab.run())
    except KeyboardInterrupt:
        pass
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # Bumble's transports keep threads


if __name__ == "__main__":
    main()
