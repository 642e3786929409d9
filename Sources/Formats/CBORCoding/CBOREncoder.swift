/// Writes CBOR items one after another, each in its shortest form.
///
/// The output is deterministic (RFC 8949 §4.2.1) when the caller writes map keys in bytewise ascending order of their
/// encodings and as many items as each container announced; debug builds assert the order.
package struct CBOREncoder: Sendable {
    package private(set) var bytes: [UInt8] = []

    #if DEBUG
    private var keyOrder = CBORKeyOrder()
    #endif

    package init(capacity: Int = 64) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func encode(_ value: UInt64) {
        item { $0.appendHead(major: 0, argument: value) }
    }

    package mutating func encode(_ value: Int64) {
        item { $0.appendInteger(value) }
    }

    package mutating func encode(_ value: Int) {
        encode(Int64(value))
    }

    package mutating func encode(_ value: Bool) {
        item { $0.bytes.append(value ? 0xF5 : 0xF4) }
    }

    package mutating func encode(_ value: String) {
        item {
            $0.appendHead(major: 3, argument: UInt64(value.utf8.count))
            $0.bytes.append(contentsOf: value.utf8)
        }
    }

    package mutating func encode(bytes value: [UInt8]) {
        item {
            $0.appendHead(major: 2, argument: UInt64(value.count))
            $0.bytes.append(contentsOf: value)
        }
    }

    /// The shortest of half, single and double precision that keeps the value; any NaN becomes f97e00.
    package mutating func encode(_ value: Double) {
        item { $0.appendFloat(value) }
    }

    package mutating func encodeNull() {
        item { $0.bytes.append(0xF6) }
    }

    /// The integer -1 - `magnitude`, also where no `Int64` holds it.
    package mutating func encodeNegative(_ magnitude: UInt64) {
        item { $0.appendHead(major: 1, argument: magnitude) }
    }

    package mutating func encodeUndefined() {
        item { $0.bytes.append(0xF7) }
    }

    /// - Precondition: `value` is none of the reserved 24...31.
    package mutating func encodeSimple(_ value: UInt8) {
        precondition(!(24...31).contains(value), "a reserved simple value")
        item { $0.appendHead(major: 7, argument: UInt64(value)) }
    }

    /// The item that is written next is the tag's content.
    package mutating func encodeTag(_ tag: UInt64) {
        willAppendItem()
        appendHead(major: 6, argument: tag)
    }

    /// The next `count` items are the array's elements.
    package mutating func beginArray(count: Int) {
        beginContainer(major: 4, count: count, itemCount: count)
    }

    /// The next 2 × `count` items are the map's keys and values in turn.
    package mutating func beginMap(count: Int) {
        beginContainer(major: 5, count: count, itemCount: 2 * count)
    }

    /// A whole array of integers, at the speed of a copy.
    package mutating func encodeIntegers(_ values: [Int64]) {
        item {
            $0.appendHead(major: 4, argument: UInt64(values.count))
            $0.appendIntegers(values)
        }
    }

    /// Appends one item that is encoded already; the caller vouches for its form.
    package mutating func append(encodedItem: [UInt8]) {
        item { $0.bytes.append(contentsOf: encodedItem) }
    }

    // MARK: - Items

    private mutating func item(_ append: (inout CBOREncoder) -> Void) {
        willAppendItem()
        append(&self)
        didAppendItem()
    }

    private mutating func beginContainer(major: UInt8, count: Int, itemCount: Int) {
        precondition(count >= 0, "a negative count")
        willAppendItem()
        appendHead(major: major, argument: UInt64(count))
        guard itemCount > 0 else { return didAppendItem() }
        #if DEBUG
        keyOrder.containerOpened(isMap: major == 5, itemCount: itemCount)
        #endif
    }

    private mutating func willAppendItem() {
        #if DEBUG
        keyOrder.itemStarted(at: bytes.count)
        #endif
    }

    private mutating func didAppendItem() {
        #if DEBUG
        keyOrder.itemEnded(in: bytes)
        #endif
    }

    // MARK: - Bytes

    private mutating func appendInteger(_ value: Int64) {
        // All ones for a negative value, and -1 - value is ~value.
        let sign = value >> 63
        appendHead(major: sign == 0 ? 0 : 1, argument: UInt64(bitPattern: value ^ sign))
    }

    private mutating func appendHead(major: UInt8, argument: UInt64) {
        let type = major << 5
        switch argument {
        case 0..<24:
            bytes.append(type | UInt8(argument))
        case 24...0xFF:
            bytes.append(type | 24)
            bytes.append(UInt8(argument))
        case 0x100...0xFFFF:
            bytes.append(type | 25)
            appendBigEndian(UInt16(argument))
        case 0x1_0000...0xFFFF_FFFF:
            bytes.append(type | 26)
            appendBigEndian(UInt32(argument))
        default:
            bytes.append(type | 27)
            appendBigEndian(argument)
        }
    }

    private mutating func appendFloat(_ value: Double) {
        if value.isNaN {
            bytes.append(contentsOf: [0xF9, 0x7E, 0x00])
        } else if case let half = Float16(value), Double(half) == value {
            bytes.append(0xF9)
            appendBigEndian(half.bitPattern)
        } else if case let single = Float(value), Double(single) == value {
            bytes.append(0xFA)
            appendBigEndian(single.bitPattern)
        } else {
            bytes.append(0xFB)
            appendBigEndian(value.bitPattern)
        }
    }

    private mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Unsafe for speed: a run of `runLength` integers is written into uninitialized memory of the longest form each, nine
    /// bytes, and appended as one copy; `writeInteger` never advances by more than that.
    private mutating func appendIntegers(_ values: [Int64]) {
        let runLength = 256
        let longestForm = 9
        bytes.reserveCapacity(bytes.count + values.count)
        withUnsafeTemporaryAllocation(byteCount: runLength * longestForm, alignment: 8) { run in
            guard let start = run.baseAddress else { return }
            var index = 0
            while index < values.count {
                let end = min(index + runLength, values.count)
                var cursor = start
                values.withUnsafeBufferPointer { values in
                    while index < end {
                        cursor += Self.writeInteger(values[index], to: cursor)
                        index += 1
                    }
                }
                bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: start.distance(to: cursor)))
            }
        }
    }

    /// Writes at most nine bytes to `cursor`, and returns how many.
    @inline(__always)
    private static func writeInteger(_ value: Int64, to cursor: UnsafeMutableRawPointer) -> Int {
        let sign = value >> 63
        let argument = UInt64(bitPattern: value ^ sign)
        let type = UInt8(truncatingIfNeeded: sign) & 0x20
        if argument < 24 {
            cursor.storeBytes(of: type | UInt8(truncatingIfNeeded: argument), as: UInt8.self)
            return 1
        }
        if argument <= 0xFF {
            cursor.storeBytes(of: type | 24, as: UInt8.self)
            cursor.storeBytes(of: UInt8(truncatingIfNeeded: argument), toByteOffset: 1, as: UInt8.self)
            return 2
        }
        if argument <= 0xFFFF {
            cursor.storeBytes(of: type | 25, as: UInt8.self)
            cursor.storeBytes(of: UInt16(truncatingIfNeeded: argument).bigEndian, toByteOffset: 1, as: UInt16.self)
            return 3
        }
        if argument <= 0xFFFF_FFFF {
            cursor.storeBytes(of: type | 26, as: UInt8.self)
            cursor.storeBytes(of: UInt32(truncatingIfNeeded: argument).bigEndian, toByteOffset: 1, as: UInt32.self)
            return 5
        }
        cursor.storeBytes(of: type | 27, as: UInt8.self)
        cursor.storeBytes(of: argument.bigEndian, toByteOffset: 1, as: UInt64.self)
        return 9
    }
}
