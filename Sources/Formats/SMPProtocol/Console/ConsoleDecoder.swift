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

    private let limits: ConsoleLimits
    private var line: [UInt8] = []
    private var lineIsTooLong = false
    private var state = State.awaitingFirst

    package init(limits: ConsoleLimits = ConsoleLimits()) {
        self.limits = limits
    }

    /// Takes bytes as they come, in pieces of any size.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [Finding] {
        var findings: [Finding] = []
        for byte in bytes {
            if byte == ConsoleFraming.newline {
                if let finding = endLine() {
                    findings.append(finding)
                }
            } else if line.count < limits.lineLengthMax {  // One byte more than a line holds, for a CR.
                line.append(byte)
            } else {
                lineIsTooLong = true
                // A prompt or a log without its newline may precede the marker; keep the latest marker in view.
                keepLatestMarker()
                line.append(byte)
            }
        }
        return findings
    }

    /// Makes room in a line that is full: drops what comes before its last marker, or all but its last byte.
    private mutating func keepLatestMarker() {
        if let start = Self.markerIndex(in: line[1...]) {
            line.removeFirst(start)
            lineIsTooLong = false
        } else if Self.markerIndex(in: line[...]) == 0 {
            line.removeLast()
        } else {
            line.removeFirst(line.count - 1)
            lineIsTooLong = false
        }
    }

    private mutating func endLine() -> Finding? {
        defer {
            line = []
            lineIsTooLong = false
        }
        // Noise and log lines carry no marker: control bytes are in neither text nor Base64.
        guard let start = Self.markerIndex(in: line[...]) else { return nil }
        let isFirst = line[start] == ConsoleFraming.firstMarker[0]
        var digits = line[(start + 2)...]
        if digits.last == 0x0D {
            digits.removeLast()
        }
        guard !lineIsTooLong, digits.endIndex - start < limits.lineLengthMax else {
            return refuse(.lineTooLong(max: limits.lineLengthMax))
        }
        guard let bytes = Base64.decode(digits) else { return refuse(.notBase64) }
        return isFirst ? begin(bytes) : resume(bytes)
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

    private static func markerIndex(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.dropLast().first { index in
            switch (bytes[index], bytes[index + 1]) {
            case (ConsoleFraming.firstMarker[0], ConsoleFraming.firstMarker[1]),
                (ConsoleFraming.nextMarker[0], ConsoleFraming.nextMarker[1]):
                true
            default:
                false
            }
        }
    }
}
