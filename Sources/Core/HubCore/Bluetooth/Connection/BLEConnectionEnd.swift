/// How a BLE connection ended, closer than the link's owner needs to know.
package enum BLEConnectionEnd: Sendable, Hashable {
    /// This side closed it.
    case closed
    /// The device was not there, or did not answer.
    case notReached(code: Int32)
    /// The link could not be encrypted with the key of the bond: a reset device, or an impostor.
    case insecure(LinkSecurity)
    case securityTimedOut
    case unfit(ATTClientFault)
    case lost(code: Int32)

    /// A link that was made and broke before it was of use; an absent device is no fault of the adapter's.
    package var isFailureOfLink: Bool {
        switch self {
        case .closed, .notReached, .lost: false
        case .insecure, .securityTimedOut, .unfit: true
        }
    }

    package var reason: LinkGoneReason {
        switch self {
        case .closed: .closed
        case .notReached, .securityTimedOut: .unreachable
        case .insecure, .unfit: .refused
        case .lost(let code): .failed(code: code)
        }
    }
}
