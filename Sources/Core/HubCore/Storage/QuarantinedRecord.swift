package import CORProtocol

/// A record that was refused, kept for whoever looks into it.
package struct QuarantinedRecord: Sendable, Hashable {
    package var number: UInt64
    package var serial: DeviceSerial
    package var sequence: UInt64
    package var reason: String
    package var noticed: TimeBlock
    /// nil once they were pruned.
    package var bytes: [UInt8]?
    /// Length of the bytes, also where they are gone.
    package var length: Int

    package init(
        number: UInt64, serial: DeviceSerial, sequence: UInt64, reason: String, noticed: TimeBlock, bytes: [UInt8]?,
        length: Int
    ) {
        self.number = number
        self.serial = serial
        self.sequence = sequence
        self.reason = reason
        self.noticed = noticed
        self.bytes = bytes
        self.length = length
    }
}
