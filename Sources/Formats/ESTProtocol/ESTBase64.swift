import FoundationEssentials

/// Base64 as EST puts it into bodies (RFC 8951 §3.1): with or without line breaks, whatever a header says of encodings.
package enum ESTBase64 {
    private static let padding = UInt8(ascii: "=")

    /// In one line, because there are clients that read no line breaks.
    package static func text(of bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
    }

    /// - Parameter lengthMax: of the decoded bytes.
    package static func bytes(of text: [UInt8], lengthMax: Int) throws(ESTError) -> [UInt8] {
        // A line break after each 4 letters is more than anybody writes.
        guard text.count <= lengthMax * 2 + 8 else { throw .tooLong(lengthMax: lengthMax) }
        let letters = text.filter { ![0x09, 0x0A, 0x0D, 0x20].contains($0) }
        // Data takes text without its filling, and with filling in between.
        guard letters.count % 4 == 0, letters.drop(while: { $0 != padding }).allSatisfy({ $0 == padding }),
            let data = Data(base64Encoded: Data(letters)), !data.isEmpty
        else { throw .notBase64 }
        guard data.count <= lengthMax else { throw .tooLong(lengthMax: lengthMax) }
        return Array(data)
    }
}
