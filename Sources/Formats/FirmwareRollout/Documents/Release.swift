package import CORProtocol
package import JSONCoding
package import TUFMetadata

/// An image that a repository offers: what its target says, and what the target's metadata say of the file.
///
/// firmware-specs/rollouts.md, section 2.
package struct Release: Sendable, Hashable {
    package var description: ReleaseDescription
    /// The SHA-256 in the image, by which image management names it; not that of the file.
    package var imageHash: SHA256Hash
    package var fileHash: SHA256Hash
    /// Bytes of the file.
    package var length: Int
    /// Where the file is, below the targets' base.
    package var location: String

    package init(
        description: ReleaseDescription, imageHash: SHA256Hash, fileHash: SHA256Hash, length: Int, location: String
    ) {
        self.description = description
        self.imageHash = imageHash
        self.fileHash = fileHash
        self.length = length
        self.location = location
    }

    /// Reads a target; refuses one that is not where its release belongs.
    package init(of target: TargetFile, at location: String) throws(DocumentFault) {
        guard let custom = target.custom else { throw .memberMissing("custom") }
        var members = try DocumentMembers(JSONValue(custom), path: "")
        description = try ReleaseDescription(&members)
        imageHash = try Self.hash(try members.take("image_hash").stringValue, name: "image_hash")
        try members.finish()
        fileHash = try Self.hash(target.facts.hashes["sha256"], name: "sha256")
        length = target.length
        self.location = location
        guard target.path == description.path else {
            throw .contradiction(reason: "\(target.path) says that it is \(description.path)")
        }
    }

    private static func hash(_ text: String?, name: String) throws(DocumentFault) -> SHA256Hash {
        guard let text, let hash = SHA256Hash(hex: text), hash.hex == text else {
            throw .valueWrong(member: name, expected: "a SHA-256 in 64 small hexadecimal digits")
        }
        return hash
    }

    /// The target's `custom`.
    package var custom: JSONValue {
        .object(description.members + [JSONMember(name: "image_hash", value: .string(imageHash.hex))])
    }
}

extension JSONValue {
    init(_ value: MetadataValue) {
        switch value {
        case .null, .unread: self = .null
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .integer(number)
        case .string(let text): self = .string(text)
        case .array(let values): self = .array(values.map { JSONValue($0) })
        case .object(let members):
            self = .object(members.map { JSONMember(name: $0.name, value: JSONValue($0.value)) })
        }
    }
}
