import CORProtocol

/// One entry as journald takes it: fields in its native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
package struct JournalEntry: Sendable, Equatable {
    /// Bytes of one value; longer ones are cut. A datagram of all of them is far below what a socket takes.
    package static let valueLengthMax = 4_096
    package static let fieldCountMax = 32
    private static let nameLengthMax = 64

    private var fields: [(name: String, value: String)] = []

    /// - Parameters:
    ///   - priority: 0 to 7, syslog(3).
    ///   - metadata: becomes fields CORHUB_NAME.
    package init(priority: Int, identifier: String, message: String, metadata: [(name: String, value: String)]) {
        add("PRIORITY", "\(priority)")
        add("SYSLOG_IDENTIFIER", identifier)
        add("MESSAGE", message)
        for (name, value) in metadata.prefix(Self.fieldCountMax) {
            add(Self.fieldName(name), value)
        }
    }

    package static func == (left: JournalEntry, right: JournalEntry) -> Bool {
        left.bytes == right.bytes
    }

    /// "NAME=value" and a newline; a value with a newline goes with its length in front: 64 bits, little-endian.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            let value = Array(value.utf8)
            bytes += Array(name.utf8)
            if value.contains(0x0A) {
                bytes.append(0x0A)
                withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += value
            bytes.append(0x0A)
        }
        return bytes
    }

    private mutating func add(_ name: String, _ value: String) {
        fields.append((name, value.clipped(toLength: Self.valueLengthMax)))
    }

    /// systemd.journal-fields(7): capital letters, digits and underscores, not at the beginning, at most 64 bytes.
    private static func fieldName(_ name: String) -> String {
        let letters = name.utf8.map { byte -> Character in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): Character(UnicodeScalar(byte - 0x20))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                Character(UnicodeScalar(byte))
            default: "_"
            }
        }
        return String(("CORHUB_" + String(letters)).prefix(nameLengthMax))
    }
}
