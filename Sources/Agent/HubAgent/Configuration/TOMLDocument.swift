import CTOML

/// A TOML file as a list of its leaves, each with its line.
struct TOMLDocument: Sendable {
    enum Value: Sendable, Equatable {
        case string(String)
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
        case emptyArray
        case emptyTable
        case dateOrTime

        var kindName: String {
            switch self {
            case .string: "a string"
            case .integer: "an integer"
            case .float: "a number"
            case .boolean: "true or false"
            case .emptyArray: "an empty list"
            case .emptyTable: "an empty table"
            case .dateOrTime: "a date or time"
            }
        }
    }

    struct Leaf: Sendable, Equatable {
        /// For example "devices.links[0]".
        var path: String
        var value: Value
        /// From 1.
        var line: Int
    }

    let leaves: [Leaf]

    /// Bytes of one configuration file.
    static let lengthMax = 1 << 20

    init(parsing text: [UInt8], file: String) throws(ConfigurationFault) {
        guard text.count <= Self.lengthMax else {
            throw ConfigurationFault(file: file, line: nil, reason: "longer than \(Self.lengthMax) bytes")
        }
        var error = ctoml_error()
        let document = text.withUnsafeBytes { buffer in
            ctoml_parse(buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, &error)
        }
        guard let document else {
            let message = withUnsafeBytes(of: &error.message) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw ConfigurationFault(file: file, line: error.line == 0 ? nil : Int(error.line), reason: message)
        }
        defer { ctoml_free(document) }
        leaves = (0..<ctoml_leaf_count(document)).compactMap { index in
            ctoml_leaf_at(document, index).map { Leaf($0.pointee) }
        }
    }
}

extension TOMLDocument.Leaf {
    fileprivate init(_ leaf: ctoml_leaf) {
        path = String(cString: leaf.path)
        line = Int(leaf.line)
        switch leaf.kind {
        case CTOML_STRING:
            let bytes = UnsafeRawBufferPointer(start: leaf.string, count: leaf.string_length)
            value = .string(String(decoding: bytes, as: UTF8.self))
        case CTOML_INTEGER: value = .integer(leaf.integer)
        case CTOML_FLOAT: value = .float(leaf.floating)
        case CTOML_BOOLEAN: value = .boolean(leaf.boolean != 0)
        case CTOML_EMPTY_ARRAY: value = .emptyArray
        case CTOML_EMPTY_TABLE: value = .emptyTable
        default: value = .dateOrTime
        }
    }
}
