package import CBORCoding

/// The fields of a payload map by name, with typed refusals. Unknown fields are ignored, as SMP demands.
package struct SMPFields: Sendable {
    private let map: CBORValue

    package init(_ payload: CBORValue) throws(SMPError) {
        guard case .map = payload else { throw .payloadNotMap }
        map = payload
    }

    package func integerIfPresent<T: FixedWidthInteger>(
        _ name: String, as type: T.Type = T.self
    ) throws(SMPError) -> T? {
        switch map[name] {
        case nil:
            return nil
        case .unsigned(let value):
            guard let exact = T(exactly: value) else { throw .fieldOutOfRange(name) }
            return exact
        case .negative(let value):
            guard let magnitude = Int64(exactly: value), let exact = T(exactly: -1 - magnitude) else {
                throw .fieldOutOfRange(name)
            }
            return exact
        default:
            throw .fieldTypeWrong(name)
        }
    }

    package func textIfPresent(_ name: String) throws(SMPError) -> String? {
        guard let value = map[name] else { return nil }
        guard case .text(let text) = value else { throw .fieldTypeWrong(name) }
        return text
    }

    package func bytesIfPresent(_ name: String) throws(SMPError) -> [UInt8]? {
        guard let value = map[name] else { return nil }
        guard case .bytes(let bytes) = value else { throw .fieldTypeWrong(name) }
        return bytes
    }

    package func boolIfPresent(_ name: String) throws(SMPError) -> Bool? {
        guard let value = map[name] else { return nil }
        guard case .bool(let bool) = value else { throw .fieldTypeWrong(name) }
        return bool
    }

    package func arrayIfPresent(_ name: String) throws(SMPError) -> [CBORValue]? {
        guard let value = map[name] else { return nil }
        guard case .array(let array) = value else { throw .fieldTypeWrong(name) }
        return array
    }

    package func mapIfPresent(_ name: String) throws(SMPError) -> SMPFields? {
        guard let value = map[name] else { return nil }
        guard case .map = value else { throw .fieldTypeWrong(name) }
        return try SMPFields(value)
    }

    package func integer<T: FixedWidthInteger>(_ name: String, as type: T.Type = T.self) throws(SMPError) -> T {
        guard let value = try integerIfPresent(name, as: type) else { throw .fieldMissing(name) }
        return value
    }

    package func text(_ name: String) throws(SMPError) -> String {
        guard let value = try textIfPresent(name) else { throw .fieldMissing(name) }
        return value
    }

    package func bytes(_ name: String) throws(SMPError) -> [UInt8] {
        guard let value = try bytesIfPresent(name) else { throw .fieldMissing(name) }
        return value
    }

    package func bool(_ name: String) throws(SMPError) -> Bool {
        guard let value = try boolIfPresent(name) else { throw .fieldMissing(name) }
        return value
    }

    package func array(_ name: String) throws(SMPError) -> [CBORValue] {
        guard let value = try arrayIfPresent(name) else { throw .fieldMissing(name) }
        return value
    }
}

extension CBORValue {
    /// A map with text keys that leaves out the fields whose value is nil.
    package static func fields(_ fields: KeyValuePairs<String, CBORValue?>) -> CBORValue {
        .map(
            fields.compactMap { name, value in
                value.map { CBORPair(key: .text(name), value: $0) }
            })
    }
}
