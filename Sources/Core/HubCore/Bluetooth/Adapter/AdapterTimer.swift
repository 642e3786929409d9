/// Names one timer of the adapter's machines; never used twice, so that a late one is known as such.
package enum AdapterTimer: Sendable, Hashable {
    case exchange(UInt64)
    case pairing(session: UInt64, UInt64)
    case window(UInt64)
    case scan(UInt64)
    case retry(UInt64)
}
