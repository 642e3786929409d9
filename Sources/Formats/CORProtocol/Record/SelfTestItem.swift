package import CBORCoding

/// One part of a self-test.
///
/// firmware-specs/cddl: `self-test-item`.
package struct SelfTestItem: CBORShape, Sendable, Hashable {
    package var name: String
    package var passed: Bool
    package var reason: String?

    package init(name: String, passed: Bool, reason: String? = nil) {
        self.name = name
        self.passed = passed
        self.reason = reason
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var name: String?
        var passed: Bool?
        var reason: String?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: name = try value.decodeText(length: 1...64)
            case 2: passed = try value.decodeBool()
            case 3: reason = try value.decodeText(length: 0...256)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let name, let passed else {
            throw .missingKey(of: "self-test-item", offset: messageOffset)
        }
        self.init(name: name, passed: passed, reason: reason)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2 + (reason == nil ? 0 : 1))
        encoder.encode(1)
        encoder.encode(name)
        encoder.encode(2)
        encoder.encode(passed)
        if let reason {
            encoder.encode(3)
            encoder.encode(reason)
        }
    }
}
