package import BluetoothProtocol

/// Why a device's attributes cannot carry SMP.
package enum ATTClientFault: Error, Sendable, Hashable {
    case malformed(BluetoothError)
    /// The device offers less than every device must.
    case mtuTooSmall(UInt16)
    case serviceMissing
    /// The service lacks the SMP characteristic, or it cannot be written without response and subscribed to.
    case characteristicUnfit
    case subscriptionMissing
    case refused(requestOpcode: UInt8, ATTErrorCode)
    /// An answer that repeats or goes back, so that a search would not end.
    case notAdvancing
    case tooManyRequests(max: Int)
    case timedOut
}

extension ATTClientFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let error): "malformed ATT PDU: \(error)"
        case .mtuTooSmall(let mtu): "the MTU of \(mtu) is below \(ATTLimits.mtuMin)"
        case .serviceMissing: "the device has no SMP service"
        case .characteristicUnfit: "the SMP characteristic is missing, or cannot be written and subscribed to"
        case .subscriptionMissing: "the SMP characteristic has no descriptor to subscribe by"
        case .refused(let opcode, let code):
            "request 0x\(String(opcode, radix: 16)) was refused with code 0x\(String(code.rawValue, radix: 16))"
        case .notAdvancing: "the device answers a search with what was found before"
        case .tooManyRequests(let max): "the SMP characteristic was not found with \(max) requests"
        case .timedOut: "a request was not answered in time"
        }
    }
}
