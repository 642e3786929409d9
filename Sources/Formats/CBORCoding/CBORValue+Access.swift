extension CBORValue {
    /// The integer in the one form CBOR has for it.
    package static func integer(_ value: Int64) -> CBORValue {
        value >= 0 ? .unsigned(UInt64(value)) : .negative(UInt64(bitPattern: ~value))
    }

    /// The integer, if this is one and it fits.
    package var integer: Int64? {
        switch self {
        case .unsigned(let value): Int64(exactly: value)
        case .negative(let value): Int64(exactly: value).map { ~$0 }
        default: nil
        }
    }

    package var unsignedInteger: UInt64? {
        if case .unsigned(let value) = self { value } else { nil }
    }

    package var bytesValue: [UInt8]? {
        if case .bytes(let value) = self { value } else { nil }
    }

    package var textValue: String? {
        if case .text(let value) = self { value } else { nil }
    }

    package var arrayValue: [CBORValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var mapValue: [CBORPair]? {
        if case .map(let value) = self { value } else { nil }
    }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var doubleValue: Double? {
        if case .float(let value) = self { value } else { nil }
    }

    package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The value of a map's text key; nil if this is no map or has no such key.
    package subscript(_ key: String) -> CBORValue? {
        value(of: .text(key))
    }

    /// The value of a map's integer key; nil if this is no map or has no such key.
    package subscript(_ key: Int64) -> CBORValue? {
        value(of: .integer(key))
    }

    private func value(of key: CBORValue) -> CBORValue? {
        mapValue?.first { $0.key == key }?.value
    }
}

extension CBORValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }
}

extension CBORValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        self = .text(value)
    }
}

extension CBORValue: ExpressibleByBooleanLiteral {
    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }
}

extension CBORValue: ExpressibleByFloatLiteral {
    package init(floatLiteral value: Double) {
        self = .float(value)
    }
}

extension CBORValue: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: CBORValue...) {
        self = .array(elements)
    }
}

extension CBORValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (CBORValue, CBORValue)...) {
        self = .map(elements.map { CBORPair(key: $0, value: $1) })
    }
}
