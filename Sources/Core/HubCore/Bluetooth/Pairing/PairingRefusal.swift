package import BluetoothProtocol

/// Why a device was not paired. Each has a stable code for audit and `--json`.
package enum PairingRefusal: Error, Sendable, Hashable {
    case adapterOff
    case windowClosed
    case alreadyBonded
    case listFull
    case busy
    /// The device cannot compare numbers: anybody could stand between.
    case justWorks
    case numbersDiffer
    case cancelled
    case kernelRefused(ManagementFailure)
    case disconnected
    case keyMissing
    case keyNotAuthenticated(LongTermKey.Kind)
    case keyTooShort(size: UInt8)
    case keyNotToBeStored
    /// The key is for an address that changes, or for another device than the one that was asked.
    case identityUnknown
    case notStored

    package var code: String {
        switch self {
        case .adapterOff: "adapter-off"
        case .windowClosed: "window-closed"
        case .alreadyBonded: "already-bonded"
        case .listFull: "list-full"
        case .busy: "busy"
        case .justWorks: "just-works"
        case .numbersDiffer: "numbers-differ"
        case .cancelled: "cancelled"
        case .kernelRefused: "kernel-refused"
        case .disconnected: "disconnected"
        case .keyMissing: "key-missing"
        case .keyNotAuthenticated: "key-not-authenticated"
        case .keyTooShort: "key-too-short"
        case .keyNotToBeStored: "key-not-to-be-stored"
        case .identityUnknown: "identity-unknown"
        case .notStored: "not-stored"
        }
    }
}

extension PairingRefusal: CustomStringConvertible {
    /// One sentence for people: what is wrong and what to do.
    package var description: String {
        switch self {
        case .adapterOff: "BLE is off"
        case .windowClosed: "pairing is possible only after a local user has allowed it"
        case .alreadyBonded: "the device is paired; unpair it first, if it really is the one"
        case .listFull: "the hub keeps \(BluetoothBondList.countMax) pairings; unpair a device first"
        case .busy: "another device is being paired"
        case .justWorks: "the device neither compares numbers nor shows a passkey, so anybody could stand between"
        case .numbersDiffer: "the numbers differ: somebody may stand between; nothing was paired"
        case .cancelled: "pairing was cancelled"
        case .kernelRefused(let failure): "pairing failed: \(failure)"
        case .disconnected: "the device broke off"
        case .keyMissing: "the device paired and gave no key"
        case .keyNotAuthenticated(let kind): "the key is \(kind), which proves nobody's identity"
        case .keyTooShort(let size): "the key has \(size) bytes, 16 are wanted"
        case .keyNotToBeStored: "the key is for once only"
        case .identityUnknown: "the key is not for the identity of the device that was asked"
        case .notStored: "the pairing could not be stored on the hub, so it was undone"
        }
    }
}
