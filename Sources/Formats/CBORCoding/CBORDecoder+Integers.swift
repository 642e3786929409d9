extension CBORDecoder {
    /// Decodes an array of integers, each within `Int64`.
    package mutating func decodeIntegers() throws(CBORError) -> [Int64] {
        let start = self
        let head = try readHead(of: .array)
        guard let count = try count(of: head, itemsPerEntry: 1) else {
            self = start
            return try decodeArray { (decoder) throws(CBORError) in try decoder.decodeInt64() }
        }
        guard depth < limits.depthMax else { throw .depthLimitExceeded(offset: offset) }
        var reader = CBORIntegerReader(offset: offset, isStrict: mode == .strict)
        let values = bytes.withUnsafeBufferPointer { input in
            [Int64](unsafeUninitializedCapacity: count) { output, initializedCount in
                initializedCount = reader.read(into: output, from: input)
            }
        }
        if let failure = reader.failure { throw failure }
        offset = reader.offset
        itemCount += count
        return values
    }
}

/// Reads a run of integers at the speed of memory.
///
/// Unsafe for speed: every load is guarded by a comparison of its length with what is left of the input, and every store
/// by the count of the output, which `CBORDecoder.count(of:itemsPerEntry:)` has checked.
private struct CBORIntegerReader {
    var offset: Int
    let isStrict: Bool
    var failure: CBORError?

    init(offset: Int, isStrict: Bool) {
        self.offset = offset
        self.isStrict = isStrict
    }

    /// Fills `output` and returns how many integers were read; fewer than asked for means that `failure` says why.
    mutating func read(into output: UnsafeMutableBufferPointer<Int64>, from input: UnsafeBufferPointer<UInt8>) -> Int {
        guard let base = UnsafeRawPointer(input.baseAddress) else { return 0 }
        var cursor = offset
        for index in 0..<output.count {
            guard cursor < input.count else { return fail(.truncated(offset: cursor), index) }
            let first = base.load(fromByteOffset: cursor, as: UInt8.self)
            let information = first & 0x1F
            guard first < 0x40, information < 28 else { return fail(Self.refusal(first, cursor), index) }
            var argument = UInt64(information)
            var length = 1
            if information >= 24 {
                let argumentLength = 1 << Int(information &- 24)
                guard argumentLength < input.count - cursor else { return fail(.truncated(offset: cursor), index) }
                argument = Self.loadBigEndian(base + cursor + 1, length: argumentLength)
                if isStrict, argument < CBORDecoder.leastArgument(information: information) {
                    return fail(.notShortest(offset: cursor), index)
                }
                length += argumentLength
            }
            guard argument <= UInt64(Int64.max) else { return fail(.integerOutOfRange(offset: cursor), index) }
            // Major type 1 is -1 - n, which is ~n.
            let sign = -Int64(first >> 5)
            output.initializeElement(at: index, to: Int64(bitPattern: argument) ^ sign)
            cursor += length
        }
        offset = cursor
        return output.count
    }

    private mutating func fail(_ error: CBORError, _ index: Int) -> Int {
        failure = error
        return index
    }

    private static func refusal(_ first: UInt8, _ offset: Int) -> CBORError {
        if let kind = CBORKind(initialByte: first) {
            .unexpectedKind(expected: .unsigned, found: kind, offset: offset)
        } else if first == CBORHead.breakCode {
            .unexpectedBreak(offset: offset)
        } else {
            .malformedHead(offset: offset)
        }
    }

    @inline(__always)
    private static func loadBigEndian(_ pointer: UnsafeRawPointer, length: Int) -> UInt64 {
        switch length {
        case 1: UInt64(pointer.load(as: UInt8.self))
        case 2: UInt64(UInt16(bigEndian: pointer.loadUnaligned(as: UInt16.self)))
        case 4: UInt64(UInt32(bigEndian: pointer.loadUnaligned(as: UInt32.self)))
        default: UInt64(bigEndian: pointer.loadUnaligned(as: UInt64.self))
        }
    }
}
