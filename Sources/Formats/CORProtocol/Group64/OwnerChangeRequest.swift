package import CBORCoding

/// Claims the device for a hub, or releases it.
///
/// firmware-specs/cddl: `owner-change-request`.
package struct OwnerChangeRequest: CBORShape, Sendable, Hashable {
    package var operation: OwnerOperation
    package var hub: HubID

    package init(operation: OwnerOperation, hub: HubID) {
        self.operation = operation
        self.hub = hub
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var operation: OwnerOperation?
        var hub: HubID?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "op": operation = try OwnerOperation(from: &value)
            case "hub": hub = try HubID(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let operation, let hub else {
            throw .missingKey(of: "owner-change-request", offset: messageOffset)
        }
        self.init(operation: operation, hub: hub)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode("op")
        encoder.encode(operation)
        encoder.encode("hub")
        encoder.encode(hub)
    }
}
