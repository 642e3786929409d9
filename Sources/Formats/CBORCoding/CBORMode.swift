/// How much freedom the writer of the input is granted.
package enum CBORMode: Sendable, Hashable {
    /// Deterministic encoding is demanded (RFC 8949 §4.2.1): shortest forms, definite lengths, keys sorted and unique.
    case strict
    /// Any well-formed item: indefinite lengths, long forms, keys in any order. Keys must still be unique, text must be
    /// UTF-8, and the limits hold. For peers that stream, such as Zephyr and MCUboot.
    case tolerant
}
