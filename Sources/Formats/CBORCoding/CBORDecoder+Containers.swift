extension CBORDecoder {
    /// Elements reserved before the first is read: the rest is backed by input that was really there.
    private static let reservedCountMax = 1024

    /// Decodes an array; `element` consumes one item. An item that it leaves untouched is skipped.
    package mutating func decodeArray<Element>(
        _ element: (_ decoder: inout CBORDecoder) throws(CBORError) -> Element
    ) throws(CBORError) -> [Element] {
        let head = try readHead(of: .array)
        var remainingCount = try count(of: head, itemsPerEntry: 1)
        return try nested { (decoder) throws(CBORError) in
            var elements: [Element] = []
            elements.reserveCapacity(min(remainingCount ?? 0, Self.reservedCountMax))
            while try decoder.hasNext(&remainingCount) {
                let start = decoder.offset
                elements.append(try element(&decoder))
                if decoder.offset == start { try decoder.skipItem() }
            }
            return elements
        }
    }

    /// Decodes an array of exactly `count` items, all of which `body` consumes: a tuple.
    package mutating func decodeArray<Value>(
        count expected: Int, _ body: (_ decoder: inout CBORDecoder) throws(CBORError) -> Value
    ) throws(CBORError) -> Value {
        let head = try readHead(of: .array)
        let count = try count(of: head, itemsPerEntry: 1)
        guard count == nil || count == expected else {
            throw .unexpectedCount(expected: expected, offset: head.offset)
        }
        return try nested { (decoder) throws(CBORError) in
            let value = try body(&decoder)
            if count == nil, try !decoder.readBreak() {
                throw .unexpectedCount(expected: expected, offset: head.offset)
            }
            return value
        }
    }

    /// Decodes a map with integer keys; `entry` consumes the value. A value that it leaves untouched is skipped.
    ///
    /// Keys are unique; in strict mode they also ascend bytewise: 0, 1, …, -1, -2, …
    package mutating func decodeMap(
        _ entry: (_ key: Int64, _ value: inout CBORDecoder) throws(CBORError) -> Void
    ) throws(CBORError) {
        // Keys that ascend bytewise are unique integers as well, so strict mode needs no set.
        let needsSet = mode == .tolerant
        var seen = CBORSeenKeys<Int64>()
        try decodeEntries { (decoder) throws(CBORError) in
            let keyOffset = decoder.offset
            let key = try decoder.decodeInt64()
            guard !needsSet || seen.insert(key) else { throw .duplicateKey(offset: keyOffset) }
            return key
        } entry: { (key, decoder) throws(CBORError) in
            try entry(key, &decoder)
        }
    }

    /// Decodes a map with text keys; `entry` consumes the value. A value that it leaves untouched is skipped.
    ///
    /// Keys are unique as Swift compares strings, by canonical equivalence, because that is how `entry` tells them apart: a
    /// map with "K" and the Kelvin sign is refused.
    package mutating func decodeTextMap(
        _ entry: (_ key: String, _ value: inout CBORDecoder) throws(CBORError) -> Void
    ) throws(CBORError) {
        var seen = CBORSeenKeys<String>()
        try decodeEntries { (decoder) throws(CBORError) in
            let keyOffset = decoder.offset
            let key = try decoder.decodeText()
            guard seen.insert(key) else { throw .duplicateKey(offset: keyOffset) }
            return key
        } entry: { (key, decoder) throws(CBORError) in
            try entry(key, &decoder)
        }
    }

    /// Decodes a map with keys of any kind; unique means that their deterministic encodings differ.
    package mutating func decodeValueMap(
        _ entry: (_ key: CBORValue, _ value: inout CBORDecoder) throws(CBORError) -> Void
    ) throws(CBORError) {
        let needsSet = mode == .tolerant
        var seen = CBORSeenKeys<[UInt8]>()
        try decodeEntries { (decoder) throws(CBORError) in
            let keyOffset = decoder.offset
            let key = try decoder.decodeValue()
            guard !needsSet || seen.insert(key.encoded()) else { throw .duplicateKey(offset: keyOffset) }
            return key
        } entry: { (key, decoder) throws(CBORError) in
            try entry(key, &decoder)
        }
    }

    /// Validates the next item as the mode demands, and passes it by.
    package mutating func skipItem() throws(CBORError) {
        switch try peekKind() {
        case .unsigned, .negative, .bool, .null, .undefined, .simple:
            _ = try readHead()
        case .float:
            _ = try decodeDouble()
        case .bytes:
            let head = try readHead()
            if head.isIndefinite {
                var length = 0
                while let chunk = try readChunk(of: .bytes, after: length) { length += chunk.count }
            } else {
                _ = try readString(head)
            }
        case .text:
            _ = try decodeText()
        case .tag:
            _ = try decodeTag()
            try nested { (decoder) throws(CBORError) in try decoder.skipItem() }
        case .array:
            _ = try decodeArray { (decoder) throws(CBORError) in try decoder.skipItem() }
        case .map where mode == .strict:
            try decodeEntries(key: { (decoder) throws(CBORError) in try decoder.skipItem() }, entry: { _, _ in })
        case .map:
            try decodeValueMap { _, _ in }
        }
    }

    /// The bytes of the next item, validated as the mode demands.
    package mutating func decodeEncodedItem() throws(CBORError) -> [UInt8] {
        let start = offset
        try skipItem()
        return Array(bytes[start..<offset])
    }

    /// Runs `body` one level deeper.
    mutating func nested<Value>(
        _ body: (_ decoder: inout CBORDecoder) throws(CBORError) -> Value
    ) throws(CBORError) -> Value {
        guard depth < limits.depthMax else { throw .depthLimitExceeded(offset: offset) }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func decodeEntries<Key>(
        key readKey: (_ decoder: inout CBORDecoder) throws(CBORError) -> Key,
        entry: (_ key: Key, _ decoder: inout CBORDecoder) throws(CBORError) -> Void
    ) throws(CBORError) {
        let head = try readHead(of: .map)
        var remainingCount = try count(of: head, itemsPerEntry: 2)
        try nested { (decoder) throws(CBORError) in
            var previousKey: Range<Int>?
            while try decoder.hasNext(&remainingCount) {
                let keyOffset = decoder.offset
                let key = try readKey(&decoder)
                if decoder.mode == .strict {
                    let range = keyOffset..<decoder.offset
                    if let previousKey { try decoder.checkOrder(previousKey, range) }
                    previousKey = range
                }
                let valueOffset = decoder.offset
                try entry(key, &decoder)
                if decoder.offset == valueOffset { try decoder.skipItem() }
            }
        }
    }

    /// RFC 8949 §4.2.1: keys ascend in the bytewise lexicographic order of their encodings.
    private func checkOrder(_ previous: Range<Int>, _ next: Range<Int>) throws(CBORError) {
        guard !bytes[previous].lexicographicallyPrecedes(bytes[next]) else { return }
        throw bytes[previous] == bytes[next]
            ? .duplicateKey(offset: next.lowerBound) : .unsortedKey(offset: next.lowerBound)
    }

    /// The entries a container announces, nil for an indefinite length, checked against the limit and against the input:
    /// an item has at least one byte.
    func count(of head: CBORHead, itemsPerEntry: Int) throws(CBORError) -> Int? {
        guard !head.isIndefinite else { return nil }
        let countMax = UInt64(limits.itemCountMax - itemCount) / UInt64(itemsPerEntry)
        guard head.argument <= countMax else { throw .itemCountLimitExceeded(offset: head.offset) }
        guard head.argument <= UInt64(remainingLength / itemsPerEntry) else { throw .truncated(offset: head.offset) }
        return Int(head.argument)
    }

    /// Whether the open container has one more entry; consumes the break code.
    private mutating func hasNext(_ remainingCount: inout Int?) throws(CBORError) -> Bool {
        guard let count = remainingCount else { return try !readBreak() }
        guard count > 0 else { return false }
        remainingCount = count - 1
        return true
    }
}
