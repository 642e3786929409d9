/// The three-bit operation of an SMP header.
package enum SMPOperation: UInt8, Sendable, Hashable, CaseIterable {
    case read = 0
    case readResponse = 1
    case write = 2
    case writeResponse = 3

    /// The operation that answers this one; a response answers itself.
    package var response: SMPOperation {
        switch self {
        case .read, .readResponse: .readResponse
        case .write, .writeResponse: .writeResponse
        }
    }

    package var isResponse: Bool {
        self == response
    }
}
