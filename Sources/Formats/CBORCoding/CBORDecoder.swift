/// Reads CBOR items one after another, as the caller asks for them.
///
/// It traps on no input, and allocates nothing that the input's own length does not back. After an error its position is
/// unspecified.
package struct CBORDecoder: Sendable {
    let bytes: [UInt8]
    package let mode: CBORMode
    package let limits: CBORLimits
    /// The position of the next item, in bytes.
    package internal(set) var offset = 0
    var depth = 0
    var itemCount = 0

    package init(_ bytes: [UInt8], mode: CBORMode = .strict, limits: CBORLimits = .init()) {
        self.bytes = bytes
        self.mode = mode
        self.limits = limits
    }

    package var isAtEnd: Bool {
        offset == bytes.count
    }

    /// Refuses bytes that are left.
    package func finish() throws(CBORError) {
        guard isAtEnd else { throw .trailingBytes(offset: offset) }
    }

    /// The kind of the next item, which is not consumed.
    package func peekKind() throws(CBORError) -> CBORKind {
        guard offset < bytes.count else { throw .truncated(offset: offset) }
        guard let kind = CBORKind(initialByte: bytes[offset]) else {
            throw bytes[offset] == CBORHead.breakCode
                ? .unexpectedBreak(offset: offset) : .malformedHead(offset: offset)
        }
        return kind
    }

    package mutating func decodeUInt64() throws(CBORError) -> UInt64 {
        let head = try readHead()
        switch head.kind {
        case .unsigned: return head.argument
        case .negative: throw .integerOutOfRange(offset: head.offset)
        default: throw .unexpectedKind(expected: .unsigned, found: head.kind, offset: head.offset)
        }
    }

    package mutating func decodeInt64() throws(CBORError) -> Int64 {
        let head = try readHead()
        guard head.kind == .unsigned || head.kind == .negative else {
            throw .unexpectedKind(expected: .unsigned, found: head.kind, offset: head.offset)
        }
        guard let magnitude = Int64(exactly: head.argument) else { throw .integerOutOfRange(offset: head.offset) }
        return head.kind == .unsigned ? magnitude : ~magnitude
    }

    /// An integer that fits `Integer`.
    package mutating func decodeInteger<Integer: FixedWidthInteger>(
        as type: Integer.Type = Integer.self
    ) throws(CBORError) -> Integer {
        let start = offset
        let value = try decodeInt64()
        guard let integer = Integer(exactly: value) else { throw .integerOutOfRange(offset: start) }
        return integer
    }

    package mutating func decodeBool() throws(CBORError) -> Bool {
        try readHead(of: .bool).information == 21
    }

    /// A float of any width; strict mode demands the shortest. Integers are refused.
    package mutating func decodeDouble() throws(CBORError) -> Double {
        let head = try readHead(of: .float)
        let value: Double
        let isShortest: Bool
        switch head.information {
        case 25:
            value = Double(Float16(bitPattern: UInt16(truncatingIfNeeded: head.argument)))
            isShortest = !value.isNaN || head.argument == 0x7E00
        case 26:
            value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.argument)))
            isShortest = !value.isNaN && Double(Float16(value)) != value
        default:
            value = Double(bitPattern: head.argument)
            isShortest = !value.isNaN && Double(Float(value)) != value
        }
        guard isShortest || mode == .tolerant else { throw .notShortest(offset: head.offset) }
        return value
    }

    /// The number of a tag; its content is the next item.
    package mutating func decodeTag() throws(CBORError) -> UInt64 {
        try readHead(of: .tag).argument
    }

    /// Consumes the next item if it is null, and tells whether it was.
    package mutating func decodeNullIfPresent() throws(CBORError) -> Bool {
        guard try peekKind() == .null else { return false }
        _ = try readHead()
        return true
    }

    package mutating func decodeNull() throws(CBORError) {
        _ = try readHead(of: .null)
    }

    package mutating func decodeBytes() throws(CBORError) -> [UInt8] {
        let head = try readHead(of: .bytes)
        guard head.isIndefinite else { return Array(bytes[try readString(head)]) }
        var value: [UInt8] = []
        while let chunk = try readChunk(of: .bytes, after: value.count) {
            value += bytes[chunk]
        }
        return value
    }

    package mutating func decodeText() throws(CBORError) -> String {
        let head = try readHead(of: .text)
        guard head.isIndefinite else { return try text(in: try readString(head)) }
        var value = ""
        while let chunk = try readChunk(of: .text, after: value.utf8.count) {
            // RFC 8949 §3.2.3: no character may be split between chunks, so each chunk is UTF-8 by itself.
            value += try text(in: chunk)
        }
        return value
    }

    private func text(in range: Range<Int>) throws(CBORError) -> String {
        let text = bytes.withUnsafeBufferPointer { String(cborText: UnsafeBufferPointer(rebasing: $0[range])) }
        guard let text else { throw .invalidText(offset: range.lowerBound) }
        return text
    }
}

extension String {
    /// Nil for what is no UTF-8. Nearly all is ASCII, and the library repairs contiguous bytes faster than it validates
    /// them; of ASCII there is nothing to repair.
    fileprivate init?(cborText bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            self.init(validating: bytes, as: UTF8.self)
        }
    }
}
