/// The rules of one time zone, out of the bytes of a TZif file (RFC 9636), as they lie in /usr/share/zoneinfo.
///
/// Versions 1 to 4, and the footer of version 2 and later. Files that count leap seconds are refused: the system's clock does not.
package struct TimeZoneFile: Sendable, Hashable {
    package enum Refusal: Error, Sendable, Hashable {
        case notTZif
        case tooLong(length: Int, max: Int)
        /// It ends before what its header announces.
        case truncated
        case leapSeconds
        /// A part of it contradicts the format.
        case malformed(String)
    }

    /// Bytes; the longest of the system's have about 4,000.
    package static let lengthMax = 262_144

    /// Seconds since 1970 at which another offset begins to hold, ascending.
    private let transitions: [Int64]
    /// Seconds east of UTC that hold from each of them on.
    private let offsets: [Int64]
    /// What held before the first.
    private let offsetBefore: Int64
    /// What holds from the last of them on, for all time.
    private let rule: PosixTimeZone?

    /// Coordinated universal time, where the system names no zone.
    package static let utc = TimeZoneFile(offset: 0)

    private init(offset: Int64) {
        transitions = []
        offsets = []
        offsetBefore = offset
        rule = nil
    }

    package init(_ bytes: [UInt8]) throws(Refusal) {
        guard bytes.count <= Self.lengthMax else { throw .tooLong(length: bytes.count, max: Self.lengthMax) }
        var reader = TimeZoneReader(bytes)
        var header = try reader.header()
        var timeLength = 4
        if header.version >= 2 {
            // What the first version says is said again, in 64 bits.
            try reader.skip(header.length(timeLength: 4))
            header = try reader.header()
            timeLength = 8
        }
        guard header.leapCount == 0 else { throw .leapSeconds }
        guard header.typeCount > 0 else { throw .malformed("no type of local time") }
        var transitions: [Int64] = []
        for _ in 0..<header.timeCount {
            let time = try reader.integer(length: timeLength)
            guard transitions.last.map({ $0 < time }) ?? true else {
                throw .malformed("transitions that do not ascend")
            }
            transitions.append(time)
        }
        let indexes = try reader.bytes(header.timeCount)
        var typeOffsets: [Int64] = []
        for _ in 0..<header.typeCount {
            let offset = try reader.integer(length: 4)
            // RFC 9636 §3.2: more than a day either way is no offset; and the isdst and designation bytes follow.
            guard (-93_599...93_599).contains(offset) else { throw .malformed("an offset of \(offset) s") }
            typeOffsets.append(offset)
            try reader.skip(2)
        }
        try reader.skip(header.charCount + header.standardCount + header.utCount)
        self.transitions = transitions
        var offsets: [Int64] = []
        for index in indexes {
            guard Int(index) < typeOffsets.count else { throw .malformed("a type that is not there") }
            offsets.append(typeOffsets[Int(index)])
        }
        self.offsets = offsets
        offsetBefore = typeOffsets[0]
        rule = header.version >= 2 ? try reader.footer() : nil
    }

    /// Seconds east of UTC at a time in seconds since 1970.
    package func offset(at time: Int64) -> Int64 {
        guard let last = transitions.last, time < last else {
            return rule?.offset(at: time) ?? offsets.last ?? offsetBefore
        }
        // The first transition after the time; the one before it holds.
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? offsetBefore : offsets[low - 1]
    }
}

/// Reads a TZif file from its front; all integers are big endian.
private struct TimeZoneReader {
    struct Header {
        var version: Int
        var utCount: Int
        var standardCount: Int
        var leapCount: Int
        var timeCount: Int
        var typeCount: Int
        var charCount: Int

        func length(timeLength: Int) -> Int {
            timeCount * (timeLength + 1) + typeCount * 6 + charCount + leapCount * (timeLength + 4) + standardCount
                + utCount
        }
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func header() throws(TimeZoneFile.Refusal) -> Header {
        guard bytes.count - position >= 44 else { throw position == 0 ? .notTZif : .truncated }
        guard Array(bytes[position..<position + 4]) == Array("TZif".utf8) else { throw .notTZif }
        let versionByte = bytes[position + 4]
        position += 20
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = try integer(length: 4)
            guard (0...Int64(TimeZoneFile.lengthMax)).contains(count) else { throw .truncated }
            counts.append(Int(count))
        }
        let version = versionByte >= UInt8(ascii: "2") ? Int(versionByte - UInt8(ascii: "0")) : 1
        return Header(
            version: version, utCount: counts[0], standardCount: counts[1], leapCount: counts[2],
            timeCount: counts[3], typeCount: counts[4], charCount: counts[5])
    }

    /// Signed.
    mutating func integer(length: Int) throws(TimeZoneFile.Refusal) -> Int64 {
        let part = try bytes(length)
        let unsigned = part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return length == 8 ? Int64(bitPattern: unsigned) : Int64(Int32(truncatingIfNeeded: unsigned))
    }

    mutating func bytes(_ count: Int) throws(TimeZoneFile.Refusal) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw .truncated }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func skip(_ count: Int) throws(TimeZoneFile.Refusal) {
        _ = try bytes(count)
    }

    /// A line of its own; an empty one says nothing of the time behind the last transition.
    mutating func footer() throws(TimeZoneFile.Refusal) -> PosixTimeZone? {
        let newline = UInt8(ascii: "\n")
        guard position < bytes.count, bytes[position] == newline,
            let end = bytes[(position + 1)...].firstIndex(of: newline)
        else { throw .truncated }
        let text = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        guard !text.isEmpty else { return nil }
        guard let rule = PosixTimeZone(text) else { throw .malformed("a footer that is no rule") }
        return rule
    }
}

extension TimeZoneFile.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notTZif: "no TZif file"
        case .tooLong(let length, let max): "\(length) bytes, more than \(max)"
        case .truncated: "it ends too early"
        case .leapSeconds: "it counts leap seconds, which the system's clock does not"
        case .malformed(let what): what
        }
    }
}
