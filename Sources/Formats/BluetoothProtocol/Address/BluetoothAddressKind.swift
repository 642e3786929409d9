/// Which of the two spaces an LE address is of, with the numbers of the management interface and of L2CAP sockets.
package enum BluetoothAddressKind: UInt8, Sendable, Hashable, CaseIterable {
    /// Assigned by the IEEE.
    case lePublic = 1
    /// Static, or private and changing.
    case leRandom = 2
}
