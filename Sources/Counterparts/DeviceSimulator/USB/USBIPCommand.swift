/// What Linux's virtual host controller asks of a device: Documentation/usb/usbip_protocol.rst, big endian.
package enum USBIPCommand: Sendable, Hashable {
    /// Bytes of a command or an answer, before its data.
    package static let headerLength = 48

    case submit(USBIPTransfer)
    /// Gives up the transfer with the sequence `victim`.
    case unlink(sequence: UInt32, victim: UInt32)
}

/// One transfer that the host wants.
package struct USBIPTransfer: Sendable, Hashable {
    package var sequence: UInt32
    package var isIn: Bool
    /// Without the direction's bit.
    package var endpoint: UInt8
    /// Bytes of `data`, or the most that are wanted.
    package var length: Int
    /// The eight bytes of a setup packet; zeros but on endpoint 0.
    package var setup: [UInt8]
    /// Of a transfer to the device.
    package var data: [UInt8]

    package init(
        sequence: UInt32, isIn: Bool, endpoint: UInt8, length: Int, setup: [UInt8] = [UInt8](repeating: 0, count: 8),
        data: [UInt8] = []
    ) {
        self.sequence = sequence
        self.isIn = isIn
        self.endpoint = endpoint
        self.length = length
        self.setup = setup
        self.data = data
    }
}

/// What a device answers.
package enum USBIPAnswer: Sendable, Hashable {
    /// `length` bytes have moved; they stand in `data` when they go to the host. `status` is 0 or a negative errno.
    case submitted(sequence: UInt32, status: Int32, length: Int, data: [UInt8])
    case unlinked(sequence: UInt32, status: Int32)

    package func encoded() -> [UInt8] {
        switch self {
        case .submitted(let sequence, let status, let length, let data):
            // start_frame 0, number_of_packets -1: not isochronous; error_count 0.
            Self.header(command: 3, sequence: sequence)
                + [
                    UInt32(bitPattern: status), UInt32(truncatingIfNeeded: length), 0, 0xFFFF_FFFF, 0, 0, 0,
                ].flatMap(\.bigEndianBytes) + data
        case .unlinked(let sequence, let status):
            Self.header(command: 4, sequence: sequence) + UInt32(bitPattern: status).bigEndianBytes
                + [UInt8](repeating: 0, count: 24)
        }
    }

    private static func header(command: UInt32, sequence: UInt32) -> [UInt8] {
        [command, sequence, 0, 0, 0].flatMap(\.bigEndianBytes)
    }
}

extension UInt32 {
    var bigEndianBytes: [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * $0)) }
    }
}
