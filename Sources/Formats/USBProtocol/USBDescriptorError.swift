/// Why bytes are no set of descriptors.
package enum USBDescriptorError: Error, Sendable, Hashable {
    case tooLong(length: Int, max: Int)
    /// A descriptor ends after the bytes do, or after the configuration that holds it.
    case truncated(offset: Int)
    /// A descriptor is shorter than its type allows.
    case tooShort(type: UInt8, length: Int, offset: Int)
    case typeUnexpected(expected: UInt8, found: UInt8, offset: Int)
    /// An endpoint stands before the first interface.
    case endpointOutsideInterface(offset: Int)
    case countWrong(what: String, said: Int, found: Int)
}

extension USBDescriptorError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLong(let length, let max): "\(length) bytes of descriptors, \(max) at most"
        case .truncated(let offset): "the descriptor at byte \(offset) is cut off"
        case .tooShort(let type, let length, let offset):
            "the descriptor of type \(type) at byte \(offset) has only \(length) bytes"
        case .typeUnexpected(let expected, let found, let offset):
            "a descriptor of type \(found) at byte \(offset), type \(expected) expected"
        case .endpointOutsideInterface(let offset): "the endpoint at byte \(offset) belongs to no interface"
        case .countWrong(let what, let said, let found): "\(said) \(what) announced, \(found) found"
        }
    }
}
