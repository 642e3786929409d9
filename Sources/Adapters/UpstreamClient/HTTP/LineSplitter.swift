/// Cuts a stream of bytes into lines that end with LF or CRLF.
struct LineSplitter {
    private let lengthMax: Int
    private var pending: [UInt8] = []

    init(lengthMax: Int) {
        self.lengthMax = lengthMax
    }

    /// The lines that these bytes complete. Throws `.tooLarge` for a line of more than `lengthMax` bytes.
    mutating func append(_ bytes: [UInt8]) throws(HTTPFailure) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            pending += rest[..<end]
            if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
            try checkLength()
            lines.append(pending)
            pending = []
            rest = rest[(end + 1)...]
        }
        pending += rest
        try checkLength()
        return lines
    }

    /// What stands after the last line's end, if anything: a line that the stream's end completes.
    mutating func finish() -> [UInt8]? {
        defer { pending = [] }
        return pending.isEmpty ? nil : pending
    }

    private func checkLength() throws(HTTPFailure) {
        guard pending.count <= lengthMax else { throw .tooLarge(.line, lengthMax: lengthMax) }
    }
}
