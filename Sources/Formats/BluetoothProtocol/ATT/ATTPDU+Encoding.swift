extension ATTPDU {
    package func encoded() -> [UInt8] {
        var bytes = [opcode]
        switch self {
        case .errorResponse(let requestOpcode, let handle, let code):
            bytes.append(requestOpcode)
            bytes.append(littleEndian: handle)
            bytes.append(code.rawValue)
        case .exchangeMTURequest(let mtu), .exchangeMTUResponse(let mtu):
            bytes.append(littleEndian: mtu)
        case .findInformationRequest(let handles):
            bytes.append(handles)
        case .findInformationResponse(let elements):
            let isShort = elements.allSatisfy { $0.type.wireBytes.count == 2 }
            bytes.append(isShort ? 1 : 2)
            for element in elements {
                bytes.append(littleEndian: element.handle)
                bytes += isShort ? element.type.wireBytes : element.type.longWireBytes
            }
        case .findByTypeValueRequest(let handles, let type, let value):
            bytes.append(handles)
            bytes.append(littleEndian: type)
            bytes += value
        case .findByTypeValueResponse(let ranges):
            for range in ranges { bytes.append(range) }
        case .readByTypeRequest(let handles, let type), .readByGroupTypeRequest(let handles, let type):
            bytes.append(handles)
            bytes += type.wireBytes
        case .readByTypeResponse(let elements):
            bytes.append(UInt8(truncatingIfNeeded: 2 + (elements.first?.value.count ?? 0)))
            for element in elements {
                bytes.append(littleEndian: element.handle)
                bytes += element.value
            }
        case .readByGroupTypeResponse(let groups):
            bytes.append(UInt8(truncatingIfNeeded: 4 + (groups.first?.value.count ?? 0)))
            for group in groups {
                bytes.append(group.handles)
                bytes += group.value
            }
        case .readRequest(let handle):
            bytes.append(littleEndian: handle)
        case .readResponse(let value):
            bytes += value
        case .writeRequest(let handle, let value), .writeCommand(let handle, let value),
            .notification(let handle, let value), .indication(let handle, let value):
            bytes.append(littleEndian: handle)
            bytes += value
        case .writeResponse, .confirmation, .unservedRequest, .ignored:
            break  // nothing behind the opcode
        }
        return bytes
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ handles: ClosedRange<UInt16>) {
        append(littleEndian: handles.lowerBound)
        append(littleEndian: handles.upperBound)
    }
}
