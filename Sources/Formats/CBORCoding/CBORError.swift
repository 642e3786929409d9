/// Why bytes were refused as CBOR. Every offset is in bytes from the start of the decoder's input.
package enum CBORError: Error, Sendable, Hashable {
    /// The input ends inside an item, or a head claims more than the input can hold.
    case truncated(offset: Int)
    /// A whole item was read and bytes follow it.
    case trailingBytes(offset: Int)
    /// A head that RFC 8949 §3 reserves, such as additional information 28, or a two-byte simple value below 32.
    case malformedHead(offset: Int)
    /// A break code where no indefinite-length item is open, or after a map's key.
    case unexpectedBreak(offset: Int)
    /// A length, integer or float is not in its shortest form (strict mode), RFC 8949 §4.2.1 and §4.2.2.
    case notShortest(offset: Int)
    /// An indefinite length (strict mode).
    case indefiniteLength(offset: Int)
    /// A map's keys are not in bytewise ascending order (strict mode).
    case unsortedKey(offset: Int)
    /// A map holds the key at `offset` twice.
    case duplicateKey(offset: Int)
    /// A text string is not UTF-8.
    case invalidText(offset: Int)
    /// An integer does not fit the asked type.
    case integerOutOfRange(offset: Int)
    /// Arrays, maps and tags are nested deeper than `CBORLimits.depthMax`.
    case depthLimitExceeded(offset: Int)
    /// The input holds or claims more than `CBORLimits.itemCountMax` items.
    case itemCountLimitExceeded(offset: Int)
    /// A string is longer than `CBORLimits.stringLengthMax`.
    case stringLengthLimitExceeded(offset: Int)
    /// Another kind of item was asked for.
    case unexpectedKind(expected: CBORKind, found: CBORKind, offset: Int)
    /// An array of another length was asked for.
    case unexpectedCount(expected: Int, offset: Int)
    /// For shapes built on CBOR: the item is sound, its value is not what the shape demands.
    case unexpectedValue(expected: String, offset: Int)
}
