/// Reads little-endian fields one after the other; every read is checked against what is left.
struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var remainingCount: Int { rest.count }

    mutating func bytes(_ count: Int, _ field: String) throws(BluetoothError) -> [UInt8] {
        guard count <= rest.count else { throw .truncated(field: field, needed: count, found: rest.count) }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func uint8(_ field: String) throws(BluetoothError) -> UInt8 {
        guard let byte = rest.first else { throw .truncated(field: field, needed: 1, found: 0) }
        rest = rest.dropFirst()
        return byte
    }

    mutating func uint16(_ field: String) throws(BluetoothError) -> UInt16 {
        try bytes(2, field).reversed().reduce(0) { $0 << 8 | UInt16($1) }
    }

    mutating func uint32(_ field: String) throws(BluetoothError) -> UInt32 {
        try bytes(4, field).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func uint64(_ field: String) throws(BluetoothError) -> UInt64 {
        try bytes(8, field).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Everything that is left.
    mutating func remainder() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }

    func finish() throws(BluetoothError) {
        guard rest.isEmpty else { throw .trailingBytes(count: rest.count) }
    }
}

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
