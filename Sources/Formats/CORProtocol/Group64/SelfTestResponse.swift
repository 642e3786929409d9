package import CBORCoding

/// The outcome of a self-test; a record tells more.
///
/// firmware-specs/cddl: `self-test-response`.
package struct SelfTestResponse: CBORShape, Sendable, Hashable {
    package var passed: Bool

    package init(passed: Bool) {
        self.passed = passed
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var passed: Bool?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "pass": passed = try value.decodeBool()
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let passed else {
            throw .missingKey(of: "self-test-response", offset: messageOffset)
        }
        self.init(passed: passed)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("pass")
        encoder.encode(passed)
    }
}
