/// Why bytes were refused as JSON. Every offset is in bytes from the start of the input.
package enum JSONError: Error, Sendable, Hashable {
    /// The input ends inside a value.
    case truncated(offset: Int)
    /// A byte that RFC 8259 does not allow here.
    case unexpectedByte(offset: Int)
    /// A number that is not of RFC 8259 §6's form, such as 01, 1. or +1.
    case malformedNumber(offset: Int)
    /// A number that no finite double is near to, such as 1e999.
    case numberOutOfRange(offset: Int)
    /// A backslash with something after it that is no escape.
    case malformedEscape(offset: Int)
    /// An escaped surrogate without its other half.
    case loneSurrogate(offset: Int)
    /// A string is not UTF-8.
    case invalidText(offset: Int)
    /// An object has the name at `offset` twice.
    case duplicateName(offset: Int)
    /// A value was read, and more than white space follows it.
    case trailingBytes(offset: Int)
    /// The input is longer than `JSONLimits.lengthMax`.
    case lengthLimitExceeded(length: Int)
    /// Arrays and objects are nested deeper than `JSONLimits.depthMax`.
    case depthLimitExceeded(offset: Int)
    /// The input holds more than `JSONLimits.itemCountMax` values.
    case itemCountLimitExceeded(offset: Int)
}
