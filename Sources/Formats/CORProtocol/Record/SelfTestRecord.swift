package import CBORCoding

/// The outcome of a self-test.
///
/// firmware-specs/cddl: `self-test-record`.
package struct SelfTestRecord: CBORShape, Sendable, Hashable {
    package var passed: Bool
    package var items: [SelfTestItem]

    package init(passed: Bool, items: [SelfTestItem]) {
        self.passed = passed
        self.items = items
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var passed: Bool?
        var items: [SelfTestItem]?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: passed = try value.decodeBool()
            case 2:
                items = try value.decodeArray(countMax: 32) { (decoder) throws(CBORError) in
                    try SelfTestItem(from: &decoder)
                }
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let passed, let items else {
            throw .missingKey(of: "self-test-record", offset: messageOffset)
        }
        self.init(passed: passed, items: items)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        encoder.encode(passed)
        encoder.encode(2)
        encoder.encode(array: items)
    }
}
