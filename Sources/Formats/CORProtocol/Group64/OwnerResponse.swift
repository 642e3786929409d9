package import CBORCoding

/// Whose the device is: `owner` is the hub that owns it or waits for its button, nil exactly if it is free.
///
/// firmware-specs/cddl: `owner-response`.
package struct OwnerResponse: CBORShape, Sendable, Hashable {
    package var state: OwnerState
    package var owner: HubID?

    package init(state: OwnerState, owner: HubID?) {
        self.state = state
        self.owner = owner
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var state: OwnerState?
        var owner: HubID??
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "state": state = try OwnerState(from: &value)
            case "owner":
                owner = .some(try value.decodeNullable { (decoder) throws(CBORError) in try HubID(from: &decoder) })
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let state, let owner else {
            throw .missingKey(of: "owner-response", offset: messageOffset)
        }
        self.init(state: state, owner: owner)
        guard (state == .free) == (owner == nil) else {
            throw .unexpectedValue(expected: "an owner exactly if the device is not free", offset: messageOffset)
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode("owner")
        encoder.encodeNullable(owner) { (encoder, value) in encoder.encode(value) }
        encoder.encode("state")
        encoder.encode(state)
    }
}
