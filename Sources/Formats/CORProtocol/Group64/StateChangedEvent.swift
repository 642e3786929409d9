package import CBORCoding

/// Something changed that `status` or another request tells.
///
/// firmware-specs/cddl: `state-changed-event`.
package struct StateChangedEvent: CBORShape, Sendable, Hashable {
    package var what: StateChange

    package init(what: StateChange) {
        self.what = what
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var what: StateChange?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "what": what = try StateChange(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let what else {
            throw .missingKey(of: "state-changed-event", offset: messageOffset)
        }
        self.init(what: what)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("what")
        encoder.encode(what)
    }
}
