/// Why a marked console line, or the frame of several, was dropped.
package enum ConsoleError: Error, Sendable, Hashable {
    case lineTooLong(max: Int)
    case notBase64
    /// The first line is too short for the length field.
    case lengthTruncated
    case frameTooLong(length: Int, max: Int)
    /// The length leaves no room for an SMP header and the CRC.
    case frameTooShort(length: Int)
    /// A continuation without a beginning: the first line was lost.
    case firstLineMissing
    case frameOverrun(expected: Int, found: Int)
    case checksumWrong(expected: UInt16, found: UInt16)
}
