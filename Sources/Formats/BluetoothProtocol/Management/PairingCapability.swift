/// What this side can show and take during pairing. Source: BlueZ, doc/mgmt-api, "Set IO Capability".
package enum PairingCapability: UInt8, Sendable, Hashable, CaseIterable {
    case displayOnly = 0
    case displayYesNo = 1
    case keyboardOnly = 2
    case noInputNoOutput = 3
    case keyboardDisplay = 4
}
