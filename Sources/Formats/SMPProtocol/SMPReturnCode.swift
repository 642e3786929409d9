/// The management return codes that every group shares: "rc" of version 1, and of SMP itself in version 2.
package enum SMPReturnCode: UInt16, Sendable, Hashable, CaseIterable {
    case ok = 0
    case unknown = 1
    case noMemory = 2
    case invalidValue = 3
    case timeout = 4
    case noEntry = 5
    case badState = 6
    case messageTooLong = 7
    case notSupported = 8
    case corrupt = 9
    case busy = 10
    case accessDenied = 11
    case versionTooOld = 12
    case versionTooNew = 13

    /// Zephyr's name of the code, for people.
    package var name: String {
        switch self {
        case .ok: "OK"
        case .unknown: "UNKNOWN"
        case .noMemory: "NOMEM"
        case .invalidValue: "INVAL"
        case .timeout: "TIMEOUT"
        case .noEntry: "NOENT"
        case .badState: "BADSTATE"
        case .messageTooLong: "MSGSIZE"
        case .notSupported: "NOTSUP"
        case .corrupt: "CORRUPT"
        case .busy: "BUSY"
        case .accessDenied: "ACCESS"
        case .versionTooOld: "TOO_OLD"
        case .versionTooNew: "TOO_NEW"
        }
    }
}
