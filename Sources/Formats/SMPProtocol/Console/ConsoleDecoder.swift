import TextEncodings

/// Finds SMP messages in the bytes of a serial console, between the lines that the device logs there.
///
/// It holds at most one line and one message within `ConsoleLimits`.
package struct ConsoleDecoder: Sendable {
    /// What a piece of the stream turned out to be. Log lines are neither.
    package enum Finding: Sendable, Hashable {
        case message([UInt8])
        case refused(ConsoleError)
    }

    private enum State {
        case awaitingFirst
        /// `frame` is what has been decoded after the length field; it will be `length` bytes.
        case collecting(length: Int, frame: [UInt8])
    }

    private enum Marker {
        case first, next
    }

    private let limits: ConsoleLimits
    /// The latest marker of the line that comes in, and what has followed it; nil before a marker.
    ///
    /// Markers are control bytes, which are in neither text nor Base64: what comes before one, on the same line, is noise,
    /// a log without its newline, or a line that broke off.
    private var marker: Marker?
    private var digits: [UInt8] = []
    private var lineIsTooLong = false
    /// The byte before, where it may be the first half of a marker.
    private var previous: UInt8 = 0
    private var state = State.awaitingFirst

    package init(limits: ConsoleLimits = ConsoleLimits()) {
        self.limits = limits
    }

    /// Takes bytes as they come, in pieces of any size.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [Finding] {
        var findings: [Finding] = []
        let wasContiguous: Void? = bytes.withContiguousStorageIfAvailable { take($0, &findings) }
        if wasContiguous == nil {
            Array(bytes).withUnsafeBufferPointer { take($0, &findings) }
        }
        return findings
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, _ findings: inout [Finding]) {
        var index = 0
        while index < bytes.count {
            let start = index
            while index < bytes.count, bytes[index] >= 0x20 { index += 1 }
            if index > start {
                takeText(UnsafeBufferPointer(rebasing: bytes[start..<index]))
            }
            guard index < bytes.count else { return }
            takeControl(bytes[index], &findings)
            index += 1
        }
    }

    /// Bytes among which is no control byte.
    private mutating func takeText(_ bytes: UnsafeBufferPointer<UInt8>) {
        previous = 0
        guard marker != nil else { return }
        let room = digitCountMax - digits.count
        digits.append(contentsOf: bytes.prefix(room))
        if bytes.count > room { lineIsTooLong = true }
    }

    private mutating func takeControl(_ byte: UInt8, _ findings: inout [Finding]) {
        switch (previous, byte) {
        case (ConsoleFraming.firstMarker[0], ConsoleFraming.firstMarker[1]):
            beginLine(.first)
        case (ConsoleFraming.nextMarker[0], ConsoleFraming.nextMarker[1]):
            beginLine(.next)
        case (_, ConsoleFraming.newline):
            if let finding = endLine() { findings.append(finding) }
        default:
            if marker != nil {
                if digits.count < digitCountMax { digits.append(byte) } else { lineIsTooLong = true }
            }
            previous = byte
        }
    }

    /// One more than a line holds beside marker and newline, for a CR.
    private var digitCountMax: Int { limits.lineLengthMax - 2 }

    private mutating func beginLine(_ marker: Marker?) {
        self.marker = marker
        digits.removeAll(keepingCapacity: true)
        lineIsTooLong = false
        previous = 0
    }

    private mutating func endLine() -> Finding? {
        defer { beginLine(nil) }
        guard let marker else { return nil }
        if digits.last == 0x0D {
            digits.removeLast()
        }
        guard !lineIsTooLong, digits.count < digitCountMax else {
            return refuse(.lineTooLong(max: limits.lineLengthMax))
        }
        guard let bytes = Base64.decode(digits[...]) else { return refuse(.notBase64) }
        switch marker {
        case .first: return begin(bytes)
        case .next: return resume(bytes)
        }
    }

    private mutating func begin(_ bytes: [UInt8]) -> Finding? {
        guard bytes.count >= ConsoleFraming.lengthByteCount else { return refuse(.lengthTruncated) }
        let length = Int(bytes[0]) << 8 | Int(bytes[1])
        let lengthMax = limits.messageLengthMax + ConsoleFraming.checksumByteCount
        guard length <= lengthMax else { return refuse(.frameTooLong(length: length, max: lengthMax)) }
        guard length >= SMPHeader.byteCount + ConsoleFraming.checksumByteCount else {
            return refuse(.frameTooShort(length: length))
        }
        return collect(Array(bytes[ConsoleFraming.lengthByteCount...]), length: length)
    }

    private mutating func resume(_ bytes: [UInt8]) -> Finding? {
        switch state {
        case .awaitingFirst:
            return refuse(.firstLineMissing)
        case .collecting(let length, var frame):
            state = .awaitingFirst  // Releases the state's reference, so that `frame` grows in place.
            frame += bytes
            return collect(frame, length: length)
        }
    }

    private mutating func collect(_ frame: [UInt8], length: Int) -> Finding? {
        guard frame.count <= length else { return refuse(.frameOverrun(expected: length, found: frame.count)) }
        guard frame.count == length else {
            state = .collecting(length: length, frame: frame)
            return nil
        }
        state = .awaitingFirst
        let message = Array(frame.dropLast(ConsoleFraming.checksumByteCount))
        let announced = UInt16(frame[length - 2]) << 8 | UInt16(frame[length - 1])
        let computed = CRC16XMODEM.checksum(message)
        guard announced == computed else {
            return .refused(.checksumWrong(expected: announced, found: computed))
        }
        return .message(message)
    }

    private mutating func refuse(_ error: ConsoleError) -> Finding {
        state = .awaitingFirst
        return .refused(error)
    }
}
