/// What the hub asks of the kernel's Bluetooth, as of BlueZ's doc/mgmt-api.
package enum ManagementCommand: Sendable, Hashable {
    case readVersion
    case readCommands
    case readIndexList
    case readInformation
    case setPowered(Bool)
    case setBondable(Bool)
    case setLowEnergy(Bool)
    case loadLongTermKeys([LongTermKey])
    case disconnect(BluetoothPeer)
    case setCapability(PairingCapability)
    case pair(BluetoothPeer, PairingCapability)
    case cancelPairing(BluetoothPeer)
    case unpair(BluetoothPeer, disconnects: Bool)
    case confirm(BluetoothPeer)
    case denyConfirmation(BluetoothPeer)
    case answerPasskey(BluetoothPeer, UInt32)
    case denyPasskey(BluetoothPeer)
    case stopDiscovery
    case setClassic(Bool)
    case setStaticAddress(BluetoothAddress)
    case setSecureConnections(SecureConnectionsMode)
    case setDebugKeys(Bool)
    /// With the 16 bytes of this hub's own identity resolving key, or off.
    case setPrivacy(key: [UInt8]?)
    case loadIdentityKeys([IdentityResolvingKey])
    case removeDevice(BluetoothPeer)
    case loadConnectionParameters([ConnectionParameters])
    /// Only devices with one of these services are reported, whatever their signal.
    case startServiceDiscovery([BluetoothUUID])

    package enum SecureConnectionsMode: UInt8, Sendable, Hashable {
        case off = 0
        case on = 1
        /// Legacy pairing is refused.
        case only = 2
    }

    /// The index of commands that are of no controller.
    package static let indexNone: UInt16 = 0xFFFF
    package static let headerByteCount = 6
    /// Longest parameters: the kernel's own limit of a control packet.
    package static let parametersLengthMax = 65_535

    package var opcode: UInt16 {
        switch self {
        case .readVersion: 0x0001
        case .readCommands: 0x0002
        case .readIndexList: 0x0003
        case .readInformation: 0x0004
        case .setPowered: 0x0005
        case .setBondable: 0x0009
        case .setLowEnergy: 0x000D
        case .loadLongTermKeys: 0x0013
        case .disconnect: 0x0014
        case .setCapability: 0x0018
        case .pair: 0x0019
        case .cancelPairing: 0x001A
        case .unpair: 0x001B
        case .confirm: 0x001C
        case .denyConfirmation: 0x001D
        case .answerPasskey: 0x001E
        case .denyPasskey: 0x001F
        case .stopDiscovery: 0x0024
        case .setClassic: 0x002A
        case .setStaticAddress: 0x002B
        case .setSecureConnections: 0x002D
        case .setDebugKeys: 0x002E
        case .setPrivacy: 0x002F
        case .loadIdentityKeys: 0x0030
        case .removeDevice: 0x0034
        case .loadConnectionParameters: 0x0035
        case .startServiceDiscovery: 0x003A
        }
    }

    /// Whether it concerns the machine and not one controller.
    package var isGlobal: Bool {
        switch self {
        case .readVersion, .readCommands, .readIndexList: true
        default: false
        }
    }

    /// The whole packet, for the controller with this index.
    package func encoded(index: UInt16) -> [UInt8] {
        let parameters = parameters
        precondition(parameters.count <= Self.parametersLengthMax, "lists are bounded where they are made")
        var bytes: [UInt8] = []
        bytes.append(littleEndian: opcode)
        bytes.append(littleEndian: isGlobal ? Self.indexNone : index)
        bytes.append(littleEndian: UInt16(parameters.count))
        return bytes + parameters
    }

    private static let lowEnergyAddressKinds: UInt8 = 1 << 1 | 1 << 2
    /// "No threshold": even the faintest is reported.
    private static let signalStrengthAny: UInt8 = 0x80

    private var parameters: [UInt8] {
        switch self {
        case .readVersion, .readCommands, .readIndexList, .readInformation: []
        case .setPowered(let on), .setBondable(let on), .setLowEnergy(let on), .setClassic(let on),
            .setDebugKeys(let on):
            [on ? 1 : 0]
        case .loadLongTermKeys(let keys): Self.list(keys) { $0.encoded() }
        case .setCapability(let capability): [capability.rawValue]
        case .pair(let peer, let capability): peer.encoded() + [capability.rawValue]
        case .disconnect(let peer), .cancelPairing(let peer), .confirm(let peer), .denyConfirmation(let peer),
            .denyPasskey(let peer), .removeDevice(let peer):
            peer.encoded()
        case .unpair(let peer, let disconnects): peer.encoded() + [disconnects ? 1 : 0]
        case .answerPasskey(let peer, let passkey): Self.append(passkey, to: peer.encoded())
        case .stopDiscovery: [Self.lowEnergyAddressKinds]
        case .setStaticAddress(let address): address.wireBytes
        case .setSecureConnections(let mode): [mode.rawValue]
        case .setPrivacy(let key): key.map { [1] + $0 } ?? [UInt8](repeating: 0, count: 17)
        case .loadIdentityKeys(let keys): Self.list(keys) { $0.encoded() }
        case .loadConnectionParameters(let parameters): Self.list(parameters) { $0.encoded() }
        case .startServiceDiscovery(let services):
            [Self.lowEnergyAddressKinds, Self.signalStrengthAny] + Self.list(services) { $0.longWireBytes }
        }
    }

    private static func list<Element>(_ elements: [Element], _ encoded: (Element) -> [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt16(elements.count))
        return elements.reduce(into: bytes) { $0 += encoded($1) }
    }

    private static func append(_ value: UInt32, to bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes.append(littleEndian: value)
        return bytes
    }
}
