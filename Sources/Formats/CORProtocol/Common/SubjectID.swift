package import CBORCoding

/// Whose reading it is: an opaque id, no name and no address.
///
/// firmware-specs/cddl: `subject-id`.
package struct SubjectID: CBORShape, Sendable, Hashable {
    package let text: String

    /// Nil unless `text` is a subject id: 1 to 64 bytes.
    package init?(_ text: String) {
        guard (1...64).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        guard let value = Self(try decoder.decodeText()) else {
            throw .unexpectedValue(expected: "a subject id: 1 to 64 bytes", offset: start)
        }
        self = value
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(text)
    }
}

extension SubjectID: CustomStringConvertible {
    package var description: String { text }
}
