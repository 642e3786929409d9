/// How a serial line is set and what travels on it; written behind the address, `?baud=115200&gap=5ms`.
package struct SerialOptions: Sendable, Hashable {
    package enum Framing: String, Sendable, Hashable, CaseIterable {
        /// Lines of Base64 with a marker, between whatever the device logs: Zephyr's "SMP over console".
        case console
        /// Bare messages, told apart by the length in their headers.
        case raw
    }

    /// Bit/s; only a true line has a speed, and CDC-ACM and ptys take any.
    package var baud = 115_200
    package var framing = Framing.console
    /// Bytes of a line that is sent, with marker and newline; console framing only. What comes in may be longer.
    package var lineLengthMax = 127
    /// A pause after each line, in ms: for devices whose receiver holds few lines, on ways that have no speed of their
    /// own. Console framing only.
    package var gapMilliseconds = 0
    /// Bytes of the largest message, header included; for devices that take less than they say.
    package var messageLengthMax: Int?

    static let lineLengths = 16...4_096
    static let gapMillisecondsMax = 1_000
    /// Bytes; below, not even an upload's first chunk fits.
    static let messageLengths = 64...65_533
    static let form =
        "?baud=RATE&framing=console|raw&line=\(lineLengths.lowerBound)…\(lineLengths.upperBound)"
        + "&gap=MILLISECONDSms&message=BYTES, each at most once"

    package init() {}

    /// Reads what stands behind the "?".
    init(parsing text: Substring, of address: String) throws(LinkAddressError) {
        self.init()
        var names: Set<Substring> = []
        for part in text.split(separator: "&", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, names.insert(pair[0]).inserted, set(pair[0], to: pair[1]) else {
                throw .optionMalformed(String(part), of: address, expected: Self.form)
            }
        }
    }

    private mutating func set(_ name: Substring, to value: Substring) -> Bool {
        switch name {
        case "baud":
            guard let rate = Self.number(value), SerialSpeed.code(of: rate) != nil else { return false }
            baud = rate
        case "framing":
            guard let framing = Framing(rawValue: String(value)) else { return false }
            self.framing = framing
        case "line":
            guard let length = Self.number(value), Self.lineLengths.contains(length) else { return false }
            lineLengthMax = length
        case "gap":
            guard value.hasSuffix("ms"), let count = Self.number(value.dropLast(2)), count <= Self.gapMillisecondsMax
            else { return false }
            gapMilliseconds = count
        case "message":
            guard let length = Self.number(value), Self.messageLengths.contains(length) else { return false }
            messageLengthMax = length
        default:
            return false
        }
        return true
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...8).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}

extension SerialOptions: CustomStringConvertible {
    /// With its "?", and empty where nothing differs from the default.
    package var description: String {
        let standard = SerialOptions()
        var parts: [String] = []
        if baud != standard.baud { parts.append("baud=\(baud)") }
        if framing != standard.framing { parts.append("framing=\(framing.rawValue)") }
        if lineLengthMax != standard.lineLengthMax { parts.append("line=\(lineLengthMax)") }
        if gapMilliseconds != standard.gapMilliseconds { parts.append("gap=\(gapMilliseconds)ms") }
        if let messageLengthMax { parts.append("message=\(messageLengthMax)") }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }
}
