extension ManagementEvent {
    init(code: UInt16, _ reader: inout ByteReader) throws(BluetoothError) {
        switch code {
        case 0x0001:
            self = .commandComplete(
                opcode: try reader.uint16("opcode"), try Self.status(&reader), answer: reader.remainder())
        case 0x0002: self = .commandStatus(opcode: try reader.uint16("opcode"), try Self.status(&reader))
        case 0x0004: self = .indexAdded
        case 0x0005: self = .indexRemoved
        case 0x0006: self = .newSettings(ManagementSettings(rawValue: try reader.uint32("settings")))
        case 0x0007: self = Self.unread(.classChanged, &reader)
        case 0x0008: self = Self.unread(.localNameChanged, &reader)
        case 0x000A:
            let isToBeStored = try Self.flag("store hint", &reader)
            self = .newLongTermKey(try LongTermKey(from: &reader), isToBeStored: isToBeStored)
        case 0x000B:
            let peer = try BluetoothPeer(from: &reader)
            _ = try reader.uint32("flags")
            _ = try Self.advertisingData(&reader)
            self = .deviceConnected(peer)
        case 0x000C: self = try Self.disconnected(&reader)
        case 0x000D: self = .connectFailed(try BluetoothPeer(from: &reader), try Self.status(&reader))
        case 0x000F:
            let peer = try BluetoothPeer(from: &reader)
            let isJustWorks = try Self.flag("confirm hint", &reader)
            self = .confirmationRequested(peer, number: try Self.number(&reader), isJustWorks: isJustWorks)
        case 0x0010: self = .passkeyRequested(try BluetoothPeer(from: &reader))
        case 0x0011: self = .authenticationFailed(try BluetoothPeer(from: &reader), try Self.status(&reader))
        case 0x0012: self = try Self.found(&reader)
        case 0x0013:
            _ = try reader.uint8("address kinds")
            self = .discovering(try Self.flag("discovering", &reader))
        case 0x0016: self = .deviceUnpaired(try BluetoothPeer(from: &reader))
        case 0x0017:
            self = .passkeyNotified(
                try BluetoothPeer(from: &reader), passkey: try Self.number(&reader),
                enteredCount: try reader.uint8("entered"))
        case 0x0018:
            let isToBeStored = try Self.flag("store hint", &reader)
            _ = try BluetoothAddress(from: &reader)  // the private address that was just resolved
            self = .newIdentityKey(try IdentityResolvingKey(from: &reader), isToBeStored: isToBeStored)
        default: self = Self.unread(.other(code: code), &reader)
        }
    }

    private static func disconnected(_ reader: inout ByteReader) throws(BluetoothError) -> ManagementEvent {
        let peer = try BluetoothPeer(from: &reader)
        // Reasons that later kernels add mean no more than "gone".
        let reason = DisconnectReason(rawValue: try reader.uint8("reason")) ?? .unspecified
        return .deviceDisconnected(peer, reason)
    }

    private static func found(_ reader: inout ByteReader) throws(BluetoothError) -> ManagementEvent {
        let peer = try BluetoothPeer(from: &reader)
        let strength = Int8(bitPattern: try reader.uint8("signal strength"))
        _ = try reader.uint32("flags")
        let data = try advertisingData(&reader)
        return .deviceFound(peer, Sighting(signalStrength: strength == 127 ? nil : strength, advertisingData: data))
    }

    private static func advertisingData(_ reader: inout ByteReader) throws(BluetoothError) -> [UInt8] {
        let length = Int(try reader.uint16("advertising data length"))
        guard length <= AdvertisingData.lengthMax else {
            throw .tooLong(what: "advertising data", length: length, max: AdvertisingData.lengthMax)
        }
        return try reader.bytes(length, "advertising data")
    }

    private static func status(_ reader: inout ByteReader) throws(BluetoothError) -> ManagementStatus {
        ManagementStatus(try reader.uint8("status"))
    }

    private static func flag(_ field: String, _ reader: inout ByteReader) throws(BluetoothError) -> Bool {
        let value = try reader.uint8(field)
        guard value <= 1 else { throw .valueUnknown(field: field, value: UInt64(value)) }
        return value == 1
    }

    private static func number(_ reader: inout ByteReader) throws(BluetoothError) -> UInt32 {
        let number = try reader.uint32("number")
        guard number <= numberMax else { throw .valueUnknown(field: "number of six digits", value: UInt64(number)) }
        return number
    }

    /// For events whose parameters are not read.
    private static func unread(_ event: ManagementEvent, _ reader: inout ByteReader) -> ManagementEvent {
        _ = reader.remainder()
        return event
    }
}
