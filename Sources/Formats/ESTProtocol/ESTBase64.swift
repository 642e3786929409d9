import TextEncodings

/// Base64 as EST puts it into bodies (RFC 4648 §4, RFC 8951 §3.1): with or without line breaks, whatever a header says of
/// encodings.
package enum ESTBase64 {
    /// In one line, because there are clients that read no line breaks.
    package static func text(of bytes: [UInt8]) -> String { Base64.text(of: bytes) }

    /// - Parameter lengthMax: of the decoded bytes.
    package static func bytes(of text: [UInt8], lengthMax: Int) throws(ESTError) -> [UInt8] {
        // A line break after each 4 letters is more than anybody writes.
        guard text.count <= lengthMax * 2 + 8 else { throw .tooLong(lengthMax: lengthMax) }
        let letters = text.filter { ![0x09, 0x0A, 0x0D, 0x20].contains($0) }
        guard !letters.isEmpty, let bytes = Base64.decode(letters[...]) else { throw .notBase64 }
        guard bytes.count <= lengthMax else { throw .tooLong(lengthMax: lengthMax) }
        return bytes
    }
}
