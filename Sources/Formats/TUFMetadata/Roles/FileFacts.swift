import Crypto
import TextEncodings

/// What metadata say about a file: length and hashes, and of metadata a version.
package struct FileFacts: Sendable, Hashable {
    /// Bytes; nil where none is said.
    package let length: Int?
    /// Lower-case hexadecimal, by the algorithm's name; empty where none is said.
    package let hashes: [String: String]

    private static let algorithms = ["sha256", "sha512"]

    /// nil where a member has another type than it should.
    init?(_ value: MetadataValue) {
        switch value["length"] {
        case nil: length = nil
        case .integer(let number)? where number >= 0: length = Int(number)
        default: return nil
        }
        switch value["hashes"] {
        case nil: hashes = [:]
        case .object(let members)?:
            var found: [String: String] = [:]
            for member in members {
                guard let text = member.value.stringValue else { return nil }
                found[member.name] = text.lowercased()
            }
            hashes = found
        default: return nil
        }
    }

    /// Every hash of a known kind is right, and where there are any, one is of a known kind.
    package func check(_ bytes: [UInt8], name: String) throws(MetadataFault) {
        if let length, bytes.count != length { throw .lengthWrong(name: name, lengthMax: length) }
        guard !hashes.isEmpty else { return }
        let known = Self.algorithms.filter { hashes[$0] != nil }
        guard !known.isEmpty else { throw .hashWrong(name: name) }
        for algorithm in known {
            let digest =
                algorithm == "sha256" ? Array(SHA256.hash(data: bytes)) : Array(SHA512.hash(data: bytes))
            guard Hexadecimal.text(of: digest) == hashes[algorithm] else { throw .hashWrong(name: name) }
        }
    }

    /// The hash that goes before a file's name in a consistent snapshot; nil where none is of a known kind.
    var namingHash: String? {
        Self.algorithms.compactMap { hashes[$0] }.first { Hexadecimal.bytes(of: $0) != nil }
    }
}
