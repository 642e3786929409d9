"""Virtual LE controllers: Bumble 0.0.236 with what it lacks beside a real kernel, and with hangs on demand.

The version is pinned in requirements.txt, since this overrides its insides.
"""

import asyncio

from bumble import hci, ll
from bumble.controller import Controller
from bumble.link import LocalLink

FEATURES = hci.LeFeatureMask
RESET = bytes.fromhex("01030c00")


ATT_CHANNEL = 4


class Radio(LocalLink):
    """What is sent comes from the address that the connection was made with: the kernel's may be public or private.

    It enciphers nothing, so it counts what a listener would read: packets of ATT on links that are not encrypted.
    """

    def __init__(self):
        super().__init__()
        self.counts = {"clear": 0, "encrypted": 0}
        # What a listener takes down of the hub, of each connection.
        self.hub_addresses = set()

    def send_acl_data(self, sender, dest, transport, data):
        target = self.find_le_controller(dest)
        connection = next((c for c in sender.le_connections.values() if c.peer_address == dest), None)
        if not (target and connection):
            return
        if sender.name == "hub":
            self.hub_addresses.add(str(connection.self_address))
        if int.from_bytes(data[2:4], "little") == ATT_CHANNEL:
            self.counts["encrypted" if getattr(connection, "secured", False) else "clear"] += 1
        asyncio.get_running_loop().call_soon(target.on_link_acl_data, connection.self_address, transport, data)


class LowEnergyController(Controller):
    """No extended advertising or scanning, whose answers are incomplete; packets of 251 bytes."""

    le_features = (FEATURES.LE_ENCRYPTION | FEATURES.LE_DATA_PACKET_LENGTH_EXTENSION
                   | FEATURES.CONNECTION_PARAMETERS_REQUEST_PROCEDURE)
    le_acl_data_packet_length = 251
    supported_max_tx_octets = supported_max_rx_octets = suggested_max_tx_octets = 251
    hangs = False

    def on_packet(self, packet):
        """A controller that hangs takes nothing but a reset, like a firmware with a watchdog behind that command."""
        if self.hangs and packet[:4] == RESET:
            self.hangs = False
        if not self.hangs:
            super().on_packet(packet)

    def send_hci_packet(self, packet):
        if not self.hangs:
            super().send_hci_packet(packet)

    def on_le_encryption_change(self, connection, status):
        connection.secured = status == 0
        super().on_le_encryption_change(connection, status)

    def on_hci_reset_command(self, command):
        """Bumble's reset keeps connections and scans."""
        self.le_scan_enable = False
        self.pending_le_connection = None
        self.le_legacy_advertiser.stop()
        for connection in list(self.le_connections.values()):
            connection.send_ll_control_pdu(ll.TerminateInd(0x15))
            del self.le_connections[connection.peer_address]
        return super().on_hci_reset_command(command)

    def on_hci_le_create_connection_cancel_command(self, command):
        """Bumble's cancel neither cancels nor reports."""
        pending = self.pending_le_connection
        if pending:
            self.pending_le_connection = None
            self.send_hci_packet(hci.HCI_LE_Connection_Complete_Event(
                status=2, connection_handle=0, role=0, peer_address_type=pending.peer_address_type,
                peer_address=pending.peer_address, connection_interval=0, peripheral_latency=0, supervision_timeout=0,
                central_clock_accuracy=0))
        return super().on_hci_le_create_connection_cancel_command(command)
