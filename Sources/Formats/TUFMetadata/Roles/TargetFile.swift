/// A file that a role offers (specification §4.6).
package struct TargetFile: Sendable, Hashable {
    /// As in the metadata, with slashes.
    package let path: String
    /// Bytes.
    package let length: Int
    package let facts: FileFacts
    /// What the publisher adds; nil where there is nothing.
    package let custom: MetadataValue?

    init?(path: String, _ value: MetadataValue) {
        guard let facts = FileFacts(value), let length = facts.length, !facts.hashes.isEmpty else { return nil }
        self.path = path
        self.length = length
        self.facts = facts
        custom = value["custom"]
    }

    /// Reads what a list of targets says of one; nil without length and hashes.
    package init?(path: String, json: [UInt8]) throws(CanonicalJSON.Fault) {
        let form = try CanonicalJSON.form(of: json)
        var reader = CanonicalReader(form)
        self.init(path: path, reader.value())
    }
}
