import BluetoothProtocol
import TestSupport
import Testing

/// Layouts are those of BlueZ's doc/mgmt-api.
@Suite("Management packets")
struct ManagementPacketTests {
    static let peer = BluetoothPeer(
        address: BluetoothAddress(wireBytes: [2, 0, 0, 0, 0, 0xC2]) ?? .zero, kind: .leRandom)
    static let peerText = "0200000000c202"
    static let key = String(repeating: "ab", count: 16)

    static let commands: [(ManagementCommand, String)] = [
        (.readVersion, "0100ffff0000"),
        (.readCommands, "0200ffff0000"),
        (.readIndexList, "0300ffff0000"),
        (.readInformation, "040007000000"),
        (.setPowered(true), "05000700010001"),
        (.setBondable(false), "09000700010000"),
        (.setLowEnergy(true), "0d000700010001"),
        (.disconnect(peer), "140007000700" + peerText),
        (.setCapability(.keyboardDisplay), "18000700010004"),
        (.pair(peer, .displayYesNo), "190007000800" + peerText + "01"),
        (.cancelPairing(peer), "1a0007000700" + peerText),
        (.unpair(peer, disconnects: true), "1b0007000800" + peerText + "01"),
        (.confirm(peer), "1c0007000700" + peerText),
        (.denyConfirmation(peer), "1d0007000700" + peerText),
        (.answerPasskey(peer, 123_456), "1e0007000b00" + peerText + "40e20100"),
        (.denyPasskey(peer), "1f0007000700" + peerText),
        (.stopDiscovery, "24000700010006"),
        (.setClassic(false), "2a000700010000"),
        (.setStaticAddress(peer.address), "2b00070006000200000000c2"),
        (.setSecureConnections(.only), "2d000700010002"),
        (.setDebugKeys(false), "2e000700010000"),
        (.setPrivacy(key: nil), "2f000700110000" + String(repeating: "00", count: 16)),
        (.setPrivacy(key: [UInt8](repeating: 0xAB, count: 16)), "2f000700110001" + key),
        (.loadIdentityKeys([]), "3000070002000000"),
        (.removeDevice(peer), "340007000700" + peerText),
        (.startServiceDiscovery([.short(0x180F)]), "3a000700140006800100fb349b5f80000080001000000f180000"),
        (
            .loadConnectionParameters([
                ConnectionParameters(peer: peer, intervalMin: 6, intervalMax: 12, latency: 0, supervisionTimeout: 500)
            ]), "350007001100" + "0100" + peerText + "06000c000000f401"
        ),
    ]

    @Test("Each command is written as mgmt-api lays it out", arguments: commands.indices)
    func commandLayout(index: Int) {
        let (command, text) = Self.commands[index]
        #expect(command.encoded(index: 7) == [UInt8](hexadecimal: text))
    }

    @Test("Keys are loaded as they were told, and the list is counted")
    func loadKeys() throws {
        let longTermKey = try #require(
            LongTermKey(peer: Self.peer, kind: .p256Authenticated, value: [UInt8](repeating: 0xAB, count: 16)))
        let told = Self.peerText + "030010" + "0000" + String(repeating: "00", count: 8) + Self.key
        #expect(
            ManagementCommand.loadLongTermKeys([longTermKey]).encoded(index: 7)
                == [UInt8](hexadecimal: "130007002600" + "0100" + told))
        #expect(try event(0x0A, "01" + told) == .newLongTermKey(longTermKey, isToBeStored: true))
        let identityKey = try #require(
            IdentityResolvingKey(peer: Self.peer, value: [UInt8](repeating: 0xAB, count: 16)))
        #expect(
            ManagementCommand.loadIdentityKeys([identityKey]).encoded(index: 7)
                == [UInt8](hexadecimal: "300007001900" + "0100" + Self.peerText + Self.key))
        #expect(
            try event(0x18, "01" + "010203040506" + Self.peerText + Self.key)
                == .newIdentityKey(identityKey, isToBeStored: true))
        #expect(!"\(longTermKey) \(identityKey)".lowercased().contains("abab"))
    }

    private func event(_ code: UInt8, _ parameters: String) throws -> ManagementEvent {
        let bytes = [UInt8](hexadecimal: parameters)
        let packet = [code, 0, 7, 0, UInt8(bytes.count), 0] + bytes
        let decoded = try ManagementPacket(decoding: packet)
        #expect(decoded.index == 7)
        return decoded.event
    }

    @Test("Each event is read as mgmt-api lays it out")
    func events() throws {
        let peer = Self.peer
        #expect(try event(0x01, "050000aabb") == .commandComplete(opcode: 5, .success, answer: [0xAA, 0xBB]))
        #expect(try event(0x02, "190005") == .commandStatus(opcode: 0x19, .authenticationFailed))
        #expect(try event(0x04, "") == .indexAdded)
        #expect(try event(0x05, "") == .indexRemoved)
        #expect(try event(0x06, "010a0000") == .newSettings([.powered, .lowEnergy, .secureConnections]))
        #expect(try event(0x07, "000000") == .classChanged)
        #expect(try event(0x08, "41") == .localNameChanged)
        #expect(try event(0x0B, Self.peerText + "00000000" + "0300020106") == .deviceConnected(peer))
        #expect(try event(0x0C, Self.peerText + "04") == .deviceDisconnected(peer, .authenticationFailure))
        #expect(try event(0x0C, Self.peerText + "99") == .deviceDisconnected(peer, .unspecified))
        #expect(try event(0x0D, Self.peerText + "04") == .connectFailed(peer, .connectFailed))
        #expect(
            try event(0x0F, Self.peerText + "00" + "40e20100")
                == .confirmationRequested(peer, number: 123_456, isJustWorks: false))
        #expect(
            try event(0x0F, Self.peerText + "01" + "00000000")
                == .confirmationRequested(peer, number: 0, isJustWorks: true))
        #expect(try event(0x10, Self.peerText) == .passkeyRequested(peer))
        #expect(try event(0x11, Self.peerText + "05") == .authenticationFailed(peer, .authenticationFailed))
        #expect(
            try event(0x12, Self.peerText + "c4" + "00000000" + "0300020106")
                == .deviceFound(peer, .init(signalStrength: -60, advertisingData: [2, 1, 6])))
        #expect(
            try event(0x12, Self.peerText + "7f" + "00000000" + "0000")
                == .deviceFound(peer, .init(signalStrength: nil, advertisingData: [])))
        #expect(try event(0x13, "0601") == .discovering(true))
        #expect(try event(0x16, Self.peerText) == .deviceUnpaired(peer))
        #expect(
            try event(0x17, Self.peerText + "40e20100" + "03")
                == .passkeyNotified(peer, passkey: 123_456, enteredCount: 3))
        #expect(try event(0x2C, "0102") == .other(code: 0x2C))
    }

    @Test("What the interface does not have is refused by name")
    func refusals() throws {
        #expect(throws: BluetoothError.truncated(field: "event code", needed: 2, found: 1)) {
            try ManagementPacket(decoding: [1])
        }
        #expect(throws: BluetoothError.truncated(field: "parameters", needed: 4, found: 3)) {
            try ManagementPacket(decoding: [6, 0, 0, 0, 4, 0, 1, 2, 3])
        }
        #expect(throws: BluetoothError.trailingBytes(count: 1)) {
            try ManagementPacket(decoding: [6, 0, 0, 0, 4, 0, 1, 2, 3, 4, 5])
        }
        #expect(throws: BluetoothError.valueUnknown(field: "address type", value: 0)) {
            try event(0x10, "0200000000c200")
        }
        #expect(throws: BluetoothError.valueUnknown(field: "number of six digits", value: 1_000_000)) {
            try event(0x0F, Self.peerText + "00" + "40420f00")
        }
        #expect(throws: BluetoothError.valueUnknown(field: "confirm hint", value: 2)) {
            try event(0x0F, Self.peerText + "02" + "00000000")
        }
        #expect(throws: BluetoothError.tooLong(what: "advertising data", length: 0xFFFF, max: 1_650)) {
            try event(0x12, Self.peerText + "c4" + "00000000" + "ffff")
        }
        #expect(throws: BluetoothError.valueUnknown(field: "key type", value: 5)) {
            try event(0x0A, "01" + Self.peerText + "050010" + "0000" + String(repeating: "00", count: 8) + Self.key)
        }
        #expect(throws: BluetoothError.valueUnknown(field: "key size", value: 17)) {
            try event(0x0A, "01" + Self.peerText + "030011" + "0000" + String(repeating: "00", count: 8) + Self.key)
        }
    }

    @Test("A packet is taken at its limit and refused one byte beyond")
    func limit() throws {
        let length = ManagementEvent.packetLengthMax - 6
        let header = [0x2C, 0, 0, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
        let longest = header + [UInt8](repeating: 0, count: length)
        #expect(try ManagementPacket(decoding: longest) == ManagementPacket(index: 0, event: .other(code: 0x2C)))
        #expect(
            throws: BluetoothError.tooLong(
                what: "management packet", length: longest.count + 1, max: ManagementEvent.packetLengthMax)
        ) { try ManagementPacket(decoding: longest + [0]) }
    }

    @Test("Answers to commands are read, and their lists are bounded")
    func answers() throws {
        let version = try ManagementAnswers.version([1, 23, 0])
        #expect(version.version == 1)
        #expect(version.revision == 23)
        #expect(try ManagementAnswers.indexList([2, 0, 0, 0, 1, 0]) == [0, 1])
        #expect(try ManagementAnswers.commands([2, 0, 1, 0, 5, 0, 9, 0, 1, 0]) == [5, 9])
        #expect(try ManagementAnswers.settings([1, 0, 0, 0]) == .powered)
        #expect(throws: BluetoothError.tooMany(what: "controllers", count: 33, max: 32)) {
            try ManagementAnswers.indexList([33, 0])
        }
        #expect(throws: BluetoothError.tooMany(what: "commands or events", count: 1_025, max: 1_024)) {
            try ManagementAnswers.commands([1, 4, 0, 0])
        }
        var information: [UInt8] = [2, 0, 0, 0, 0, 0xC2] + [9, 0x5D, 0] + [0xFF, 0xFF, 3, 0] + [1, 10, 0, 0]
        information += [UInt8](repeating: 0, count: 263)
        #expect(
            try ManagementInformation(decoding: information)
                == ManagementInformation(
                    address: Self.peer.address, coreVersion: 9, manufacturer: 0x5D,
                    supported: ManagementSettings(rawValue: 0x3FFFF),
                    current: [.powered, .lowEnergy, .secureConnections]))
        #expect(throws: BluetoothError.truncated(field: "class and names", needed: 263, found: 262)) {
            try ManagementInformation(decoding: information.dropLast())
        }
    }

    @Test("Every status has its number, known or not")
    func statuses() {
        for number in UInt8.min...UInt8.max { #expect(ManagementStatus(number).number == number) }
        #expect(ManagementStatus(0x14) == .permissionDenied)
        #expect(ManagementStatus(0x11) == .invalidIndex)
        #expect(ManagementStatus(0x12) == .rfKilled)
    }
}
