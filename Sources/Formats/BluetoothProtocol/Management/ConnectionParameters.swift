/// How often two devices meet, and when one counts as gone, for one bonded peer.
package struct ConnectionParameters: Sendable, Hashable {
    package var peer: BluetoothPeer
    /// Units of 1.25 ms, 6 to 3,200.
    package var intervalMin: UInt16
    package var intervalMax: UInt16
    /// Meetings that the peripheral may skip.
    package var latency: UInt16
    /// Units of 10 ms, 10 to 3,200.
    package var supervisionTimeout: UInt16

    package init(
        peer: BluetoothPeer, intervalMin: UInt16, intervalMax: UInt16, latency: UInt16, supervisionTimeout: UInt16
    ) {
        self.peer = peer
        self.intervalMin = intervalMin
        self.intervalMax = intervalMax
        self.latency = latency
        self.supervisionTimeout = supervisionTimeout
    }

    func encoded() -> [UInt8] {
        var bytes = peer.encoded()
        for value in [intervalMin, intervalMax, latency, supervisionTimeout] { bytes.append(littleEndian: value) }
        return bytes
    }
}
