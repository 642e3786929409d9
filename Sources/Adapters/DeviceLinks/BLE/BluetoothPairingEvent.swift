package import BluetoothProtocol
package import HubCore

/// What a pairing tells the local user who asked for it.
package enum BluetoothPairingEvent: Sendable, Hashable {
    case asked(PairingQuestion)
    case ended(Result<BluetoothPeer, PairingRefusal>)
}
