package import CBORCoding

/// Switches live samples; until the link goes or the next request.
///
/// firmware-specs/cddl: `live-request`.
package struct LiveRequest: CBORShape, Sendable, Hashable {
    package var isOn: Bool

    package init(isOn: Bool) {
        self.isOn = isOn
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var isOn: Bool?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "on": isOn = try value.decodeBool()
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let isOn else {
            throw .missingKey(of: "live-request", offset: messageOffset)
        }
        self.init(isOn: isOn)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("on")
        encoder.encode(isOn)
    }
}
