/// How the kernel answered a management command. Source: BlueZ, doc/mgmt-api, "Error Codes".
package enum ManagementStatus: Sendable, Hashable {
    case success
    case unknownCommand
    case notConnected
    case failed
    case connectFailed
    case authenticationFailed
    case notPaired
    case noResources
    case timeout
    case alreadyConnected
    case busy
    case rejected
    case notSupported
    case invalidParameters
    case disconnected
    case notPowered
    case cancelled
    case invalidIndex
    case rfKilled
    case alreadyPaired
    case permissionDenied
    case unlisted(UInt8)

    private static let listed: [ManagementStatus] = [
        .success, .unknownCommand, .notConnected, .failed, .connectFailed, .authenticationFailed, .notPaired,
        .noResources, .timeout, .alreadyConnected, .busy, .rejected, .notSupported, .invalidParameters, .disconnected,
        .notPowered, .cancelled, .invalidIndex, .rfKilled, .alreadyPaired, .permissionDenied,
    ]

    package init(_ number: UInt8) {
        self = Int(number) < Self.listed.count ? Self.listed[Int(number)] : .unlisted(number)
    }

    package var number: UInt8 {
        if case .unlisted(let number) = self { return number }
        return UInt8(truncatingIfNeeded: Self.listed.firstIndex(of: self) ?? 0xFF)
    }
}
