/// The OS group's own error codes, as Zephyr 4.4 numbers them (`os_mgmt_err_code_t`).
package enum OSReturnCode: UInt16, Sendable, Hashable, CaseIterable {
    case ok = 0
    case unknown = 1
    case invalidFormat = 2
    case queryYieldsNoAnswer = 3
    case clockNotSet = 4
    case clockCommandFailed = 5
    case queryResponseNotValid = 6
}

extension SMPFailure {
    /// The OS group's meaning of the code; nil where the code is not of that group.
    package var osReturnCode: OSReturnCode? {
        group == SMPGroup.os ? OSReturnCode(rawValue: code) : nil
    }
}
