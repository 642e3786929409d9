import JSONCoding
import MCUbootImage
import TUFMetadata

/// The members of one object of a document, each asked for once; what nobody has asked for is refused at the end.
struct DocumentMembers {
    private let path: String
    private var members: [String: JSONValue] = [:]

    /// - Parameter path: of the object in its document, for messages; empty for the document itself.
    init(_ value: JSONValue, path: String) throws(DocumentFault) {
        guard let list = value.objectValue else {
            throw .valueWrong(member: path.isEmpty ? "the document" : path, expected: "an object")
        }
        self.path = path
        // The reader of JSON has refused names that stand twice.
        for member in list { members[member.name] = member.value }
    }

    func name(of member: String) -> String { path.isEmpty ? member : "\(path).\(member)" }

    mutating func take(_ name: String) throws(DocumentFault) -> JSONValue {
        guard let value = members.removeValue(forKey: name) else { throw .memberMissing(self.name(of: name)) }
        return value
    }

    mutating func takeIfPresent(_ name: String) -> JSONValue? {
        members.removeValue(forKey: name)
    }

    func finish() throws(DocumentFault) {
        // The first by name, so that the same document gives the same fault.
        if let unknown = members.keys.min() { throw .memberUnknown(name(of: unknown)) }
    }

    mutating func format(_ expected: String) throws(DocumentFault) {
        guard let found = try take("format").stringValue else {
            throw .valueWrong(member: name(of: "format"), expected: "a text")
        }
        guard found == expected else { throw .formatUnknown(found: String(found.prefix(64))) }
    }

    mutating func text(
        _ name: String, expected: String, _ isRight: (String) -> Bool
    ) throws(DocumentFault) -> String {
        guard let text = try take(name).stringValue, isRight(text) else {
            throw .valueWrong(member: self.name(of: name), expected: expected)
        }
        return text
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int64>) throws(DocumentFault) -> Int64 {
        guard let number = try take(name).integerValue, range.contains(number) else {
            throw .valueWrong(
                member: self.name(of: name), expected: "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func flag(_ name: String) throws(DocumentFault) -> Bool {
        guard let flag = try take(name).boolValue else {
            throw .valueWrong(member: self.name(of: name), expected: "true or false")
        }
        return flag
    }

    /// Seconds since 1970.
    mutating func time(_ name: String) throws(DocumentFault) -> Int64 {
        try Self.time(try take(name), name: self.name(of: name))
    }

    static func time(_ value: JSONValue, name: String) throws(DocumentFault) -> Int64 {
        guard let seconds = value.stringValue.flatMap({ MetadataTime.seconds($0) }) else {
            throw .valueWrong(member: name, expected: "a time such as 2030-01-31T23:59:59Z")
        }
        return seconds
    }

    mutating func version(_ name: String) throws(DocumentFault) -> ImageVersion {
        try Self.version(try take(name), name: self.name(of: name))
    }

    /// In one form only, so that a version has one name.
    static func version(_ value: JSONValue, name: String) throws(DocumentFault) -> ImageVersion {
        guard let text = value.stringValue, let version = ImageVersion(text), version.description == text else {
            throw .valueWrong(member: name, expected: "a version such as 1.2.3+0")
        }
        return version
    }

    /// - Parameter count: of the list's elements.
    mutating func list<Element>(
        _ name: String, count: ClosedRange<Int>,
        _ read: (_ value: JSONValue, _ name: String) throws(DocumentFault) -> Element
    ) throws(DocumentFault) -> [Element] {
        let path = self.name(of: name)
        guard let values = try take(name).arrayValue, count.contains(values.count) else {
            throw .valueWrong(
                member: path, expected: "a list of \(count.lowerBound) to \(count.upperBound) elements")
        }
        var elements: [Element] = []
        for (index, value) in values.enumerated() { elements.append(try read(value, "\(path)[\(index)]")) }
        return elements
    }
}
