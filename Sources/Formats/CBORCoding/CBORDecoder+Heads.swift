/// An item's head: its kind, and the argument that follows it.
struct CBORHead {
    static let breakCode: UInt8 = 0xFF

    let kind: CBORKind
    /// The low five bits of the first byte.
    let information: UInt8
    /// The value, length, count or bits that the head carries; 0 for an indefinite length.
    let argument: UInt64
    /// Where the head begins.
    let offset: Int

    var isIndefinite: Bool {
        information == 31
    }
}

extension CBORDecoder {
    var remainingLength: Int {
        bytes.count - offset
    }

    mutating func readHead(of kind: CBORKind) throws(CBORError) -> CBORHead {
        let head = try readHead()
        guard head.kind == kind else {
            throw .unexpectedKind(expected: kind, found: head.kind, offset: head.offset)
        }
        return head
    }

    /// Consumes the next head and counts its item.
    mutating func readHead() throws(CBORError) -> CBORHead {
        let start = offset
        let kind = try peekKind()
        guard itemCount < limits.itemCountMax else { throw .itemCountLimitExceeded(offset: start) }
        let information = bytes[start] & 0x1F
        offset += 1
        itemCount += 1
        if information < 24 {
            return CBORHead(kind: kind, information: information, argument: UInt64(information), offset: start)
        }
        if information == 31 {
            guard mode == .tolerant else { throw .indefiniteLength(offset: start) }
            return CBORHead(kind: kind, information: information, argument: 0, offset: start)
        }
        let argument = try readArgument(length: 1 << Int(information - 24), start: start)
        try check(argument, of: kind, information: information, start: start)
        return CBORHead(kind: kind, information: information, argument: argument, offset: start)
    }

    private mutating func readArgument(length: Int, start: Int) throws(CBORError) -> UInt64 {
        guard length <= remainingLength else { throw .truncated(offset: start) }
        var argument: UInt64 = 0
        for byte in bytes[offset..<offset + length] {
            argument = argument << 8 | UInt64(byte)
        }
        offset += length
        return argument
    }

    private func check(
        _ argument: UInt64, of kind: CBORKind, information: UInt8, start: Int
    ) throws(CBORError) {
        switch kind {
        case .float:
            return  // The argument is the float's bits: decodeDouble judges them.
        case .simple:
            // RFC 8949 §3.3: below 32 the two-byte form is not well-formed.
            guard argument >= 32 else { throw .malformedHead(offset: start) }
        default:
            guard mode == .tolerant || argument >= Self.leastArgument(information: information) else {
                throw .notShortest(offset: start)
            }
        }
    }

    /// The least argument whose shortest form is the one that `information` (24...27) announces.
    static func leastArgument(information: UInt8) -> UInt64 {
        switch information {
        case 24: 24
        case 25: 1 << 8
        case 26: 1 << 16
        default: 1 << 32
        }
    }

    /// Consumes the content of a definite-length string and returns where it lies.
    ///
    /// - Parameter precedingLength: the length of the chunks before it, if it is one.
    mutating func readString(_ head: CBORHead, after precedingLength: Int = 0) throws(CBORError) -> Range<Int> {
        guard head.argument <= UInt64(clamping: limits.stringLengthMax - precedingLength) else {
            throw .stringLengthLimitExceeded(offset: head.offset)
        }
        guard head.argument <= UInt64(remainingLength) else { throw .truncated(offset: head.offset) }
        let end = offset + Int(head.argument)
        defer { offset = end }
        return offset..<end
    }

    /// Consumes a chunk of an indefinite-length string, or the break code after the last one, which is nil.
    mutating func readChunk(of kind: CBORKind, after length: Int) throws(CBORError) -> Range<Int>? {
        guard try !readBreak() else { return nil }
        let head = try readHead(of: kind)
        // RFC 8949 §3.2.3: chunks are definite.
        guard !head.isIndefinite else { throw .malformedHead(offset: head.offset) }
        return try readString(head, after: length)
    }

    mutating func readBreak() throws(CBORError) -> Bool {
        guard offset < bytes.count else { throw .truncated(offset: offset) }
        guard bytes[offset] == CBORHead.breakCode else { return false }
        offset += 1
        return true
    }
}
