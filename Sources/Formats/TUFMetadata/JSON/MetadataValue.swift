/// A value in canonical form, read from what `CanonicalJSON` made.
package enum MetadataValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([MetadataValue])
    case object([Member])
    /// The bytes of a value that is not read yet: a list of targets may be long, and few of it are asked for.
    case unread(Range<Int>)

    package struct Member: Sendable, Hashable {
        package let name: String
        package let value: MetadataValue
        /// Where the value stands in the canonical form.
        let range: Range<Int>
    }

    /// A member of an object; nil where this is none, or has none of that name.
    package subscript(_ name: String) -> MetadataValue? {
        member(name)?.value
    }

    func member(_ name: String) -> Member? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }
    }

    var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    var arrayValue: [MetadataValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    var objectValue: [Member]? {
        if case .object(let value) = self { value } else { nil }
    }

    /// A list of strings and nothing else.
    var stringsValue: [String]? {
        guard case .array(let values) = self else { return nil }
        let strings = values.compactMap(\.stringValue)
        return strings.count == values.count ? strings : nil
    }
}

/// Reads values from canonical bytes. That they have the form was seen when they were made.
struct CanonicalReader {
    private let bytes: [UInt8]
    private(set) var offset: Int

    init(_ bytes: [UInt8], at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// - Parameter unread: Names of members of this object whose values are skipped.
    mutating func value(unread: Set<String> = []) -> MetadataValue {
        switch bytes[offset] {
        case UInt8(ascii: "{"):
            var members: [MetadataValue.Member] = []
            eachMember { reader, name in
                let start = reader.offset
                if unread.contains(name) {
                    reader.skip()
                    members.append(
                        .init(name: name, value: .unread(start..<reader.offset), range: start..<reader.offset))
                } else {
                    let value = reader.value()
                    members.append(.init(name: name, value: value, range: start..<reader.offset))
                }
                return true
            }
            return .object(members)
        case UInt8(ascii: "["):
            var values: [MetadataValue] = []
            offset += 1
            while bytes[offset] != UInt8(ascii: "]") {
                if bytes[offset] == UInt8(ascii: ",") { offset += 1 }
                values.append(value())
            }
            offset += 1
            return .array(values)
        case UInt8(ascii: "\""):
            return .string(string())
        case UInt8(ascii: "t"):
            offset += 4
            return .bool(true)
        case UInt8(ascii: "f"):
            offset += 5
            return .bool(false)
        case UInt8(ascii: "n"):
            offset += 4
            return .null
        default:
            let start = offset
            while offset < bytes.count, bytes[offset] == UInt8(ascii: "-") || (0x30...0x39).contains(bytes[offset]) {
                offset += 1
            }
            return .integer(Int64(String(decoding: bytes[start..<offset], as: UTF8.self)) ?? 0)
        }
    }

    /// Goes through an object; `body` reads or skips the value, and returns false to stop.
    mutating func eachMember(_ body: (_ reader: inout CanonicalReader, _ name: String) -> Bool) {
        offset += 1
        while bytes[offset] != UInt8(ascii: "}") {
            if bytes[offset] == UInt8(ascii: ",") { offset += 1 }
            let name = string()
            offset += 1
            guard body(&self, name) else { return }
        }
        offset += 1
    }

    mutating func skip() {
        switch bytes[offset] {
        case UInt8(ascii: "\""):
            offset = Self.endOfString(in: bytes.span, at: offset)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            offset = endOfContainer()
        default:
            while ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(bytes[offset]) { offset += 1 }
        }
    }

    /// Long lists of targets pass here more than once, so it is kept tight.
    private func endOfContainer() -> Int {
        let span = bytes.span
        var index = offset
        var depth = 0
        repeat {
            switch span[index] {
            case UInt8(ascii: "\""): index = Self.endOfString(in: span, at: index) - 1
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            index += 1
        } while depth > 0
        return index
    }

    /// The offset behind the closing quotation mark of the string that begins at `start`.
    private static func endOfString(in span: Span<UInt8>, at start: Int) -> Int {
        var index = start + 1
        while true {
            let byte = span[index]
            if byte == UInt8(ascii: "\"") { return index + 1 }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
    }

    private mutating func string() -> String {
        let end = Self.endOfString(in: bytes.span, at: offset)
        let content = bytes[(offset + 1)..<(end - 1)]
        offset = end
        guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in content {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                plain.append(byte)
                isEscaped = false
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
