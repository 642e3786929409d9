/// Any JSON value. Objects keep the order of their members.
///
/// An integer is what is written without fraction and exponent and fits `Int64`; every other number is a double, so 1.0 is no
/// integer, and neither is 2⁶⁴.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    package var isNull: Bool { self == .null }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The number, also from an integer: then the nearest double.
    package var numberValue: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        case .null, .bool, .string, .array, .object: nil
        }
    }

    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var objectValue: [JSONMember]? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The value of an object's member; nil if this is no object or has no such member.
    package subscript(_ name: String) -> JSONValue? {
        objectValue?.first { $0.name == name }?.value
    }

    /// An array's element; nil if this is no array or it is shorter.
    package subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }
}
