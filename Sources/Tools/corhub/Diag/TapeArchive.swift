/// A tar file of small texts: POSIX.1-1988 ustar, what every tar reads.
struct TapeArchive: Sendable {
    private(set) var bytes: [UInt8] = []

    private static let blockLength = 512
    /// Bytes of a name, without the field that would lengthen it.
    static let nameLengthMax = 100

    /// - Parameters:
    ///   - name: at most `nameLengthMax` bytes of ASCII; what is longer is cut.
    ///   - seconds: since 1970.
    mutating func add(_ name: String, _ content: [UInt8], modified seconds: Int64) {
        var header = [UInt8](repeating: 0, count: Self.blockLength)
        func put(_ text: String, at offset: Int, length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int64, _ digits: Int) -> String {
            let text = String(max(0, value), radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0, length: Self.nameLengthMax)
        put(octal(0o600, 7), at: 100, length: 8)
        put(octal(0, 7), at: 108, length: 8)
        put(octal(0, 7), at: 116, length: 8)
        put(octal(Int64(content.count), 11), at: 124, length: 12)
        put(octal(seconds, 11), at: 136, length: 12)
        put("        ", at: 148, length: 8)
        put("0", at: 156, length: 1)
        put("ustar", at: 257, length: 6)
        put("00", at: 263, length: 2)
        put(octal(header.reduce(0) { $0 + Int64($1) }, 6) + "\0 ", at: 148, length: 8)
        bytes += header + content
        let rest = content.count % Self.blockLength
        if rest > 0 { bytes += [UInt8](repeating: 0, count: Self.blockLength - rest) }
    }

    /// With the two empty blocks that end an archive.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 2 * Self.blockLength) }
}
