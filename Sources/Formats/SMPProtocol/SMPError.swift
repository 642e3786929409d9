package import CBORCoding

/// Why bytes were refused as an SMP message or as the payload of one.
///
/// What a device *answers* in good form is not here: that is `SMPFailure`.
package enum SMPError: Error, Sendable, Hashable {
    /// Fewer than `SMPHeader.byteCount` bytes.
    case headerTruncated(found: Int)
    case versionUnknown(UInt8)
    case operationUnknown(UInt8)
    /// The header announces more bytes than there are.
    case payloadTruncated(expected: Int, found: Int)
    /// More bytes than the header announces.
    case trailingBytes(count: Int)
    case payloadTooLong(length: Int, max: Int)
    case payloadMalformed(CBORError)
    case payloadNotMap
    case fieldMissing(String)
    case fieldTypeWrong(String)
    case fieldOutOfRange(String)
    /// The message is not of the group, command or operation that was to be decoded.
    case messageUnexpected(group: UInt16, command: UInt8, operation: SMPOperation)
}

extension SMPError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .headerTruncated(let found):
            "SMP header needs \(SMPHeader.byteCount) bytes, found \(found)"
        case .versionUnknown(let version):
            "SMP version bits \(version) are neither 0 nor 1"
        case .operationUnknown(let operation):
            "SMP operation \(operation) is not 0...3"
        case .payloadTruncated(let expected, let found):
            "SMP header announces \(expected) payload bytes, found \(found)"
        case .trailingBytes(let count):
            "\(count) bytes follow the SMP message"
        case .payloadTooLong(let length, let max):
            "SMP payload of \(length) bytes is over the limit of \(max)"
        case .payloadMalformed(let error):
            "SMP payload is not CBOR as expected: \(error)"
        case .payloadNotMap:
            "SMP payload is not a CBOR map"
        case .fieldMissing(let name):
            "field \"\(name)\" is missing"
        case .fieldTypeWrong(let name):
            "field \"\(name)\" has another type than expected"
        case .fieldOutOfRange(let name):
            "field \"\(name)\" is out of range"
        case .messageUnexpected(let group, let command, let operation):
            "SMP message is of group \(group), command \(command), operation \(operation.rawValue), not the one expected"
        }
    }
}
