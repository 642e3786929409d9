package import BluetoothProtocol

/// Why a management command brought no answer of success.
package enum ManagementFailure: Error, Sendable, Hashable {
    case refused(ManagementStatus)
    /// Neither the command nor its repetition was answered.
    case timedOut
    case queueFull(max: Int)
}

extension ManagementFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let status): "the kernel answered \(status)"
        case .timedOut: "the adapter does not answer"
        case .queueFull(let max): "more than \(max) commands wait"
        }
    }
}
