package import BluetoothProtocol

/// Makes an adapter this hub's own: low energy only, Secure Connections only, bonds loaded whole, then powered.
///
/// One command at a time; everything that decides about trust is set while the adapter has no power.
package struct AdapterSetup: Sendable {
    package enum Step: Sendable, Equatable {
        case submit(ManagementCommand)
        case done(ManagementInformation)
        case failed(AdapterObstacle)
        /// The adapter does not answer at all.
        case timedOut
    }

    private enum State {
        case readingVersion
        case readingCommands
        case readingIndexList
        /// `rest` are the indices that were not asked yet.
        case readingInformation(rest: ArraySlice<UInt16>)
        case preparing(rest: ArraySlice<ManagementCommand>)
        case verifying
        case over
    }

    /// Version 1.14 came with kernel 4.9 and has everything that is used here.
    static let revisionMin: UInt16 = 14
    /// What is asked of an adapter; the specification says what the hub insists on.
    static let settingsNeeded: ManagementSettings = [.powered, .bondable, .lowEnergy, .secureConnections]

    /// The controller that is set up; meaningless before Read Information was submitted.
    package private(set) var index = ManagementCommand.indexNone

    private let bonds: BluetoothBondList
    private let usesPrivacy: Bool
    private var state = State.readingVersion
    private var unfit: AdapterObstacle?

    /// - Parameter usesPrivacy: private addresses for the hub, so that a household is not tracked by its hub.
    package init(bonds: BluetoothBondList, usesPrivacy: Bool) {
        self.bonds = bonds
        self.usesPrivacy = usesPrivacy
    }

    package func begin() -> Step {
        .submit(.readVersion)
    }

    package mutating func finished(
        _ command: ManagementCommand, _ result: Result<[UInt8], ManagementFailure>
    ) -> Step {
        let answer: [UInt8]
        switch result {
        case .success(let bytes): answer = bytes
        case .failure(.timedOut): return fail(nil)
        case .failure(.queueFull): return fail(.setUpRefused("\(command.name): too many commands wait"))
        case .failure(.refused(let status)): return refused(command, status)
        }
        do throws(BluetoothError) {
            return try advance(answer)
        } catch {
            return fail(.setUpRefused("\(command.name): \(error)"))
        }
    }

    private mutating func advance(_ answer: [UInt8]) throws(BluetoothError) -> Step {
        switch state {
        case .readingVersion:
            let version = try ManagementAnswers.version(answer)
            guard version.version == 1, version.revision >= Self.revisionMin else {
                return fail(.unfit(missing: "version 1.\(Self.revisionMin) of the management interface"))
            }
            state = .readingCommands
            return .submit(.readCommands)
        case .readingCommands:
            // Without CAP_NET_ADMIN the kernel lists only what reads.
            let commands = try ManagementAnswers.commands(answer)
            guard Self.opcodesNeeded.isSubset(of: commands) else { return fail(.permissionMissing) }
            state = .readingIndexList
            return .submit(.readIndexList)
        case .readingIndexList:
            return readNext(try ManagementAnswers.indexList(answer).sorted()[...])
        case .readingInformation(let rest):
            return judge(try ManagementInformation(decoding: answer), rest)
        case .preparing(let rest):
            return prepare(rest)
        case .verifying:
            return verify(try ManagementInformation(decoding: answer))
        case .over:
            return .failed(.setUpRefused("an answer came after the end"))
        }
    }

    private mutating func readNext(_ indices: ArraySlice<UInt16>) -> Step {
        guard let next = indices.first else { return fail(unfit ?? .noAdapter) }
        index = next
        state = .readingInformation(rest: indices.dropFirst())
        return .submit(.readInformation)
    }

    private mutating func judge(_ information: ManagementInformation, _ rest: ArraySlice<UInt16>) -> Step {
        guard information.supported.contains(Self.settingsNeeded) else {
            unfit = .unfit(missing: "LE Secure Connections")
            return readNext(rest)
        }
        return prepare(commands(for: information)[...])
    }

    /// The order matters: power off first, keys before power on, and nothing pairs before the policy stands.
    private func commands(for information: ManagementInformation) -> [ManagementCommand] {
        var commands: [ManagementCommand] = [.setPowered(false), .setLowEnergy(true)]
        if information.supported.contains(.classic) { commands.append(.setClassic(false)) }
        commands += [
            .setSecureConnections(.on), .setDebugKeys(false), .setBondable(false), .setCapability(.keyboardDisplay),
        ]
        if information.supported.contains(.privacy) {
            commands.append(.setPrivacy(key: usesPrivacy ? bonds.ownIdentity.resolvingKey : nil))
        }
        if information.address == .zero { commands.append(.setStaticAddress(bonds.ownIdentity.staticAddress)) }
        commands += Self.loading(bonds)
        commands.append(.setPowered(true))
        return commands
    }

    /// Loading replaces the kernel's whole list, so it is always the whole list that is loaded.
    package static func loading(_ bonds: BluetoothBondList) -> [ManagementCommand] {
        [
            .loadIdentityKeys(bonds.bonds.compactMap(\.identityKey)),
            .loadLongTermKeys(bonds.bonds.map(\.longTermKey)),
            .loadConnectionParameters(bonds.bonds.map { ConnectionParameters(transferringWith: $0.peer) }),
        ]
    }

    private mutating func prepare(_ rest: ArraySlice<ManagementCommand>) -> Step {
        guard let next = rest.first else {
            state = .verifying
            return .submit(.readInformation)
        }
        state = .preparing(rest: rest.dropFirst())
        return .submit(next)
    }

    private mutating func verify(_ information: ManagementInformation) -> Step {
        guard AdapterPolicy.isKept(by: information.current) else {
            return fail(.setUpRefused("settings are \(information.current.rawValue) after all of them were set"))
        }
        state = .over
        return .done(information)
    }

    private mutating func refused(_ command: ManagementCommand, _ status: ManagementStatus) -> Step {
        switch status {
        case .rfKilled: return fail(.blockedByRadioSwitch)
        case .permissionDenied: return fail(.permissionMissing)
        case .invalidIndex:
            guard case .readingInformation(let rest) = state else { return fail(.noAdapter) }
            return readNext(rest)  // unplugged since the list was read
        default:
            // A controller that hangs cannot even be turned off: the kernel's own commands for it have timed out.
            if case .setPowered = command { return fail(nil) }
            return fail(.setUpRefused("\(command.name): \(status)"))
        }
    }

    private mutating func fail(_ obstacle: AdapterObstacle?) -> Step {
        state = .over
        return obstacle.map(Step.failed) ?? .timedOut
    }

    private static let opcodesNeeded = Set(
        [
            ManagementCommand.setPowered(true), .setBondable(false), .setLowEnergy(true), .loadLongTermKeys([]),
            .setClassic(false), .setSecureConnections(.only), .setDebugKeys(false), .loadIdentityKeys([]),
            .loadConnectionParameters([]), .startServiceDiscovery([]),
        ].map(\.opcode))
}

extension ConnectionParameters {
    /// 7.5 to 15 ms while records flow. The kernel's default supervision of 420 ms ends links for a moment's noise.
    package init(transferringWith peer: BluetoothPeer) {
        self.init(peer: peer, intervalMin: 6, intervalMax: 12, latency: 0, supervisionTimeout: 500)
    }
}

extension ManagementCommand {
    /// Without its arguments, which may be secret.
    var name: String {
        "command 0x" + String(opcode, radix: 16)
    }
}
