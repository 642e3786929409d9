/// What the kernel's Bluetooth tells, as of BlueZ's doc/mgmt-api.
package enum ManagementEvent: Sendable, Hashable {
    case commandComplete(opcode: UInt16, ManagementStatus, answer: [UInt8])
    case commandStatus(opcode: UInt16, ManagementStatus)
    case indexAdded
    case indexRemoved
    case newSettings(ManagementSettings)
    case classChanged
    case localNameChanged
    case newLongTermKey(LongTermKey, isToBeStored: Bool)
    case deviceConnected(BluetoothPeer)
    case deviceDisconnected(BluetoothPeer, DisconnectReason)
    case connectFailed(BluetoothPeer, ManagementStatus)
    /// With hint true nobody is meant to compare: Just Works.
    case confirmationRequested(BluetoothPeer, number: UInt32, isJustWorks: Bool)
    case passkeyRequested(BluetoothPeer)
    case authenticationFailed(BluetoothPeer, ManagementStatus)
    case deviceFound(BluetoothPeer, Sighting)
    case discovering(Bool)
    case deviceUnpaired(BluetoothPeer)
    /// The passkey that this side shows, and how many digits the other has typed.
    case passkeyNotified(BluetoothPeer, passkey: UInt32, enteredCount: UInt8)
    case newIdentityKey(IdentityResolvingKey, isToBeStored: Bool)
    /// An event that this program does not read.
    case other(code: UInt16)

    package enum DisconnectReason: UInt8, Sendable, Hashable {
        case unspecified = 0
        case timeout = 1
        case local = 2
        case remote = 3
        /// The peer no longer has the key, or has another.
        case authenticationFailure = 4
        case suspended = 5
    }

    /// One report of a device that advertises.
    package struct Sighting: Sendable, Hashable {
        /// dBm; nil where the controller does not tell (127).
        package var signalStrength: Int8?
        /// Not decoded yet: what it says is the sender's, and may be refused.
        package var advertisingData: [UInt8]

        package init(signalStrength: Int8?, advertisingData: [UInt8]) {
            self.signalStrength = signalStrength
            self.advertisingData = advertisingData
        }
    }

    /// Numbers of six digits.
    package static let numberMax: UInt32 = 999_999
    /// Bytes of one packet: six of header and what the kernel puts behind.
    package static let packetLengthMax = 6 + 4_096
}

/// One event and the controller that it is of.
package struct ManagementPacket: Sendable, Hashable {
    package let index: UInt16
    package let event: ManagementEvent

    package init(index: UInt16, event: ManagementEvent) {
        self.index = index
        self.event = event
    }

    /// Reads one whole packet: the control channel keeps their boundaries.
    package init(decoding bytes: [UInt8]) throws(BluetoothError) {
        guard bytes.count <= ManagementEvent.packetLengthMax else {
            throw .tooLong(what: "management packet", length: bytes.count, max: ManagementEvent.packetLengthMax)
        }
        var reader = ByteReader(bytes)
        let code = try reader.uint16("event code")
        index = try reader.uint16("controller index")
        let length = Int(try reader.uint16("length"))
        guard length <= reader.remainingCount else {
            throw .truncated(field: "parameters", needed: length, found: reader.remainingCount)
        }
        guard length == reader.remainingCount else { throw .trailingBytes(count: reader.remainingCount - length) }
        event = try ManagementEvent(code: code, &reader)
        try reader.finish()
    }
}
