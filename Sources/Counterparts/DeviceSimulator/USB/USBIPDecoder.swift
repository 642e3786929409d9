/// Finds commands in the bytes of a USB/IP connection, however they are cut.
package struct USBIPDecoder: Sendable {
    package enum Refusal: Error, Sendable, Hashable {
        case commandUnknown(UInt32)
        case lengthWrong(Int32, max: Int)
        /// Isochronous transfers have descriptors of their own; no device here has such an endpoint.
        case isochronous
    }

    /// Bytes of one transfer; usbfs sends less.
    package static let transferLengthMax = 1 << 20

    private var pending: [UInt8] = []
    private var start = 0

    package init() {}

    package mutating func append(_ bytes: some Collection<UInt8>) throws(Refusal) -> [USBIPCommand] {
        pending += bytes
        var commands: [USBIPCommand] = []
        while let command = try next() { commands.append(command) }
        pending.removeFirst(start)
        start = 0
        return commands
    }

    private mutating func next() throws(Refusal) -> USBIPCommand? {
        guard pending.count - start >= USBIPCommand.headerLength else { return nil }
        let sequence = word(4)
        switch word(0) {
        case 1:
            let isIn = word(12) == 1
            let length = Int32(bitPattern: word(24))
            guard (0...Self.transferLengthMax).contains(Int(length)) else {
                throw .lengthWrong(length, max: Self.transferLengthMax)
            }
            // 0 or -1 for what is not isochronous, depending on the kernel.
            guard word(32) == 0 || word(32) == 0xFFFF_FFFF else { throw .isochronous }
            let dataStart = start + USBIPCommand.headerLength
            let end = dataStart + (isIn ? 0 : Int(length))
            guard end <= pending.count else { return nil }
            defer { start = end }
            return .submit(
                USBIPTransfer(
                    sequence: sequence, isIn: isIn, endpoint: UInt8(truncatingIfNeeded: word(16) & 0xF),
                    length: Int(length), setup: Array(pending[dataStart - 8..<dataStart]),
                    data: Array(pending[dataStart..<end])))
        case 2:
            defer { start += USBIPCommand.headerLength }
            return .unlink(sequence: sequence, victim: word(20))
        case let unknown:
            throw .commandUnknown(unknown)
        }
    }

    private func word(_ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 8 | UInt32(pending[start + offset + $1]) }
    }
}
