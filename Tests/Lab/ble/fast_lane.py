"""Notifications straight to a controller, past Bumble's host, whose objects for each packet would be most of what one costs."""

import struct

NUMBER_OF_COMPLETED_PACKETS = b"\x04\x13"
ATT_CID = 4
ATT_HANDLE_VALUE_NOTIFICATION = 0x1B


class FastLane:
    """Stands between a controller and its host. Hosts count the packets that a controller has sent; of those that went past
    the host, it does not hear."""

    def __init__(self, transport):
        self.controller, self.host, self.open_count = transport.sink, None, 0
        self.source = transport.source
        self.source.set_packet_sink(self)

    def set_packet_sink(self, host):
        self.host = host

    def on_packet(self, packet):
        if packet[:2] == NUMBER_OF_COMPLETED_PACKETS and packet[3] == 1:
            count = int.from_bytes(packet[6:8], "little")
            own = min(count, self.open_count)
            self.open_count -= own
            if own == count:
                return
            packet = packet[:6] + (count - own).to_bytes(2, "little")
        self.host.on_packet(packet)

    def notify(self, connection_handle, attribute_handle, value):
        self.open_count += 1
        length = 3 + len(value)
        self.controller.on_packet(
            struct.pack("<BHHHHBH", 2, connection_handle, 4 + length, length, ATT_CID, ATT_HANDLE_VALUE_NOTIFICATION,
                        attribute_handle) + value)
