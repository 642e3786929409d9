import TextEncodings

/// The constants and the writer of SMP over a serial console.
///
/// A message travels as lines: a marker of two bytes (06 09 on the first line, 04 14 on those that follow), Base64, 0A.
/// What is encoded is a length (u16, big endian, of all that follows it), the message, and the CRC-16/XMODEM of the
/// message. Every line but the last holds a multiple of three bytes, so that each decodes on its own.
/// Source: Zephyr, "SMP over console".
package enum ConsoleFraming {
    static let firstMarker: [UInt8] = [0x06, 0x09]
    static let nextMarker: [UInt8] = [0x04, 0x14]
    static let newline: UInt8 = 0x0A
    static let lengthByteCount = 2
    static let checksumByteCount = 2
    /// Bytes that a frame has beside its message, before Base64.
    package static let overheadLength = lengthByteCount + checksumByteCount

    /// The lines of one message, each with its newline. A message over the limit is our bug.
    package static func lines(of message: [UInt8], limits: ConsoleLimits = ConsoleLimits()) -> [[UInt8]] {
        precondition(message.count <= limits.messageLengthMax, "the message does not fit a console frame")
        let length = message.count + checksumByteCount
        let checksum = CRC16XMODEM.checksum(message)
        var frame: [UInt8] = [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        frame.reserveCapacity(lengthByteCount + length)
        frame += message
        frame += [UInt8(truncatingIfNeeded: checksum >> 8), UInt8(truncatingIfNeeded: checksum)]

        let bytesPerLine = (limits.lineLengthMax - firstMarker.count - 1) / 4 * 3
        return stride(from: 0, to: frame.count, by: bytesPerLine).map { start in
            let end = min(start + bytesPerLine, frame.count)
            return (start == 0 ? firstMarker : nextMarker) + Base64.encode(frame[start..<end]) + [newline]
        }
    }
}
