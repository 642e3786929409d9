import SMPProtocol

/// Puts notifications together to SMP messages, and notices when one is missing.
///
/// A device splits a message at MTU - 3, so a shorter notification ends a message (firmware-specs/transport.md, section
/// 5). One that ends nothing shows that a part was lost; what is held is given up, and the next message is whole.
struct SMPReassembly: Sendable {
    private var reassembler = SMPReassembler()

    var isAwaitingMore: Bool { reassembler.isAwaitingMore }

    /// - Parameter isLast: the notification is shorter than it could be.
    /// - Returns: the messages that are whole now, still encoded; whether nothing was given up.
    mutating func append(_ value: [UInt8], isLast: Bool) -> (messages: [[UInt8]], isWhole: Bool) {
        guard let messages = try? reassembler.append(value) else { return ([], false) }
        guard isLast, reassembler.isAwaitingMore else { return (messages, true) }
        reassembler.reset()
        return (messages, false)
    }

    /// Whether something was held.
    mutating func forget() -> Bool {
        defer { reassembler.reset() }
        return reassembler.isAwaitingMore
    }
}
