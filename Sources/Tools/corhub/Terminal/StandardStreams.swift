import Glibc

/// The process's output streams, written whole and without buffering.
enum StandardStreams {
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func printLine(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    static func print(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// For streams without an end: false when nobody reads any more.
    static func offerLine(_ line: String) -> Bool {
        write(line + "\n", to: STDOUT_FILENO)
    }

    static func printErrorLine(_ line: String) {
        write(line + "\n", to: STDERR_FILENO)
    }

    /// Writes without a newline.
    static func printError(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    /// Writes over the line that was drawn before; the spaces hide what is left of a longer one.
    static func redrawError(_ line: String) {
        write("\r\(line)    ", to: STDERR_FILENO)
    }

    @discardableResult
    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }
}

extension String {
    /// The text of a foreign sender, safe on a terminal: control characters are replaced.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
