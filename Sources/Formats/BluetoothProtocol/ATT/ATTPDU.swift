/// One packet of the attribute protocol, of those that an SMP client and its peer send.
/// Source: Core Specification, volume 3, part F, §3.4.
package enum ATTPDU: Sendable, Hashable {
    case errorResponse(requestOpcode: UInt8, handle: UInt16, code: ATTErrorCode)
    case exchangeMTURequest(mtu: UInt16)
    case exchangeMTUResponse(mtu: UInt16)
    case findInformationRequest(handles: ClosedRange<UInt16>)
    case findInformationResponse([HandleAndType])
    /// Looks for attributes of a 16-bit type by their value: how a primary service is found by its UUID.
    case findByTypeValueRequest(handles: ClosedRange<UInt16>, type: UInt16, value: [UInt8])
    case findByTypeValueResponse([ClosedRange<UInt16>])
    case readByTypeRequest(handles: ClosedRange<UInt16>, type: BluetoothUUID)
    case readByTypeResponse([HandleAndValue])
    case readRequest(handle: UInt16)
    case readResponse(value: [UInt8])
    case readByGroupTypeRequest(handles: ClosedRange<UInt16>, type: BluetoothUUID)
    case readByGroupTypeResponse([Group])
    case writeRequest(handle: UInt16, value: [UInt8])
    case writeResponse
    case writeCommand(handle: UInt16, value: [UInt8])
    case notification(handle: UInt16, value: [UInt8])
    case indication(handle: UInt16, value: [UInt8])
    case confirmation
    /// A request of the peer's that this side does not serve; it wants an error response.
    case unservedRequest(opcode: UInt8)
    /// A command, or anything else that wants no answer.
    case ignored(opcode: UInt8)

    package struct HandleAndType: Sendable, Hashable {
        package var handle: UInt16
        package var type: BluetoothUUID

        package init(handle: UInt16, type: BluetoothUUID) {
            self.handle = handle
            self.type = type
        }
    }

    package struct HandleAndValue: Sendable, Hashable {
        package var handle: UInt16
        package var value: [UInt8]

        package init(handle: UInt16, value: [UInt8]) {
            self.handle = handle
            self.value = value
        }
    }

    package struct Group: Sendable, Hashable {
        package var handles: ClosedRange<UInt16>
        package var value: [UInt8]

        package init(handles: ClosedRange<UInt16>, value: [UInt8]) {
            self.handles = handles
            self.value = value
        }
    }

    package var opcode: UInt8 {
        switch self {
        case .errorResponse: 0x01
        case .exchangeMTURequest: 0x02
        case .exchangeMTUResponse: 0x03
        case .findInformationRequest: 0x04
        case .findInformationResponse: 0x05
        case .findByTypeValueRequest: 0x06
        case .findByTypeValueResponse: 0x07
        case .readByTypeRequest: 0x08
        case .readByTypeResponse: 0x09
        case .readRequest: 0x0A
        case .readResponse: 0x0B
        case .readByGroupTypeRequest: 0x10
        case .readByGroupTypeResponse: 0x11
        case .writeRequest: 0x12
        case .writeResponse: 0x13
        case .writeCommand: 0x52
        case .notification: 0x1B
        case .indication: 0x1D
        case .confirmation: 0x1E
        case .unservedRequest(let opcode), .ignored(let opcode): opcode
        }
    }
}
