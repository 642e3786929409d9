extension ATTPDU {
    /// Reads one whole PDU: the L2CAP socket keeps their boundaries.
    package init(decoding bytes: [UInt8]) throws(BluetoothError) {
        guard bytes.count <= ATTLimits.pduLengthMax else {
            throw .tooLong(what: "ATT PDU", length: bytes.count, max: ATTLimits.pduLengthMax)
        }
        var reader = ByteReader(bytes)
        self = try Self.read(opcode: try reader.uint8("opcode"), &reader)
        try reader.finish()
    }

    private static func read(opcode: UInt8, _ reader: inout ByteReader) throws(BluetoothError) -> ATTPDU {
        switch opcode {
        case 0x01:
            return .errorResponse(
                requestOpcode: try reader.uint8("request opcode"), handle: try reader.uint16("handle"),
                code: ATTErrorCode(rawValue: try reader.uint8("error code")))
        case 0x02: return .exchangeMTURequest(mtu: try reader.uint16("MTU"))
        case 0x03: return .exchangeMTUResponse(mtu: try reader.uint16("MTU"))
        case 0x04: return .findInformationRequest(handles: try handles(&reader))
        case 0x05: return .findInformationResponse(try handlesAndTypes(&reader))
        case 0x06:
            return .findByTypeValueRequest(
                handles: try handles(&reader), type: try reader.uint16("type"), value: try value(&reader))
        case 0x07: return .findByTypeValueResponse(try handleRanges(&reader))
        case 0x08: return .readByTypeRequest(handles: try handles(&reader), type: try uuid(&reader))
        case 0x09:
            return .readByTypeResponse(
                try elements("read by type response", elementLengthMin: 2, &reader) {
                    (element) throws(BluetoothError) in
                    HandleAndValue(handle: try handle(&element), value: element.remainder())
                })
        case 0x0A: return .readRequest(handle: try handle(&reader))
        case 0x0B: return .readResponse(value: try value(&reader))
        case 0x10: return .readByGroupTypeRequest(handles: try handles(&reader), type: try uuid(&reader))
        case 0x11:
            return .readByGroupTypeResponse(
                try elements("read by group type response", elementLengthMin: 4, &reader) {
                    (element) throws(BluetoothError) in
                    Group(handles: try handles(&element), value: element.remainder())
                })
        case 0x12: return .writeRequest(handle: try handle(&reader), value: try value(&reader))
        case 0x13: return .writeResponse
        case 0x52: return .writeCommand(handle: try handle(&reader), value: try value(&reader))
        case 0x1B: return .notification(handle: try handle(&reader), value: try value(&reader))
        case 0x1D: return .indication(handle: try handle(&reader), value: try value(&reader))
        case 0x1E: return .confirmation
        default: return unread(opcode: opcode, &reader)
        }
    }

    /// Bit 6 marks a command; requests have even opcodes below it (part F, §3.3.1 and §3.4.8).
    private static func unread(opcode: UInt8, _ reader: inout ByteReader) -> ATTPDU {
        _ = reader.remainder()
        let isCommand = opcode & 0x40 != 0
        return isCommand || !opcode.isMultiple(of: 2) || opcode == 0
            ? .ignored(opcode: opcode) : .unservedRequest(opcode: opcode)
    }

    private static func handle(_ reader: inout ByteReader) throws(BluetoothError) -> UInt16 {
        let handle = try reader.uint16("handle")
        guard handle != 0 else { throw .valueUnknown(field: "handle", value: 0) }  // part F, §3.2.2
        return handle
    }

    private static func handles(_ reader: inout ByteReader) throws(BluetoothError) -> ClosedRange<UInt16> {
        let first = try handle(&reader)
        let last = try handle(&reader)
        guard first <= last else { throw .valueUnknown(field: "last handle", value: UInt64(last)) }
        return first...last
    }

    private static func value(_ reader: inout ByteReader) throws(BluetoothError) -> [UInt8] {
        let length = reader.remainingCount
        guard length <= ATTLimits.valueLengthMax else {
            throw .tooLong(what: "attribute value", length: length, max: ATTLimits.valueLengthMax)
        }
        return reader.remainder()
    }

    private static func uuid(_ reader: inout ByteReader) throws(BluetoothError) -> BluetoothUUID {
        let length = reader.remainingCount
        guard let uuid = BluetoothUUID(wireBytes: reader.remainder()) else {
            throw .elementLengthWrong(what: "type", length: length)
        }
        return uuid
    }

    private static func handlesAndTypes(_ reader: inout ByteReader) throws(BluetoothError) -> [HandleAndType] {
        let format = try reader.uint8("format")
        guard format == 1 || format == 2 else { throw .valueUnknown(field: "format", value: UInt64(format)) }
        return try elements("find information response", length: format == 1 ? 4 : 18, &reader) {
            (element) throws(BluetoothError) in
            HandleAndType(handle: try handle(&element), type: try uuid(&element))
        }
    }

    private static func handleRanges(_ reader: inout ByteReader) throws(BluetoothError) -> [ClosedRange<UInt16>] {
        try elements("find by type value response", length: 4, &reader) { (element) throws(BluetoothError) in
            try handles(&element)
        }
    }

    /// Elements whose common length stands before them.
    private static func elements<Element>(
        _ what: String, elementLengthMin: Int, _ reader: inout ByteReader,
        _ body: (inout ByteReader) throws(BluetoothError) -> Element
    ) throws(BluetoothError) -> [Element] {
        let length = Int(try reader.uint8("element length"))
        guard length >= elementLengthMin else { throw .elementLengthWrong(what: what, length: length) }
        return try elements(what, length: length, &reader, body)
    }

    private static func elements<Element>(
        _ what: String, length: Int, _ reader: inout ByteReader,
        _ body: (inout ByteReader) throws(BluetoothError) -> Element
    ) throws(BluetoothError) -> [Element] {
        guard reader.remainingCount > 0 else { throw .empty(what: what) }
        guard reader.remainingCount.isMultiple(of: length) else {
            throw .elementLengthWrong(what: what, length: reader.remainingCount)
        }
        var elements: [Element] = []
        while reader.remainingCount > 0 {
            var element = ByteReader(try reader.bytes(length, what))
            elements.append(try body(&element))
        }
        return elements
    }
}
