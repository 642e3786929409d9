/// Bounds of the serial console framing.
package struct ConsoleLimits: Sendable, Hashable {
    /// Bytes of a line with its marker and its newline. Zephyr's own is 127.
    package var lineLengthMax: Int
    /// Bytes of the message inside, SMP header included.
    package var messageLengthMax: Int

    /// The frame's length field is 16 bits wide and counts the CRC too.
    package init(lineLengthMax: Int = 127, messageLengthMax: Int = 65_533) {
        precondition((7...4_096).contains(lineLengthMax), "a line holds its marker, four digits and its newline")
        precondition((SMPHeader.byteCount...65_533).contains(messageLengthMax), "a frame's length is 16 bits")
        self.lineLengthMax = lineLengthMax
        self.messageLengthMax = messageLengthMax
    }
}
