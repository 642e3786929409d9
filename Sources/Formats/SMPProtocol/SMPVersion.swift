/// The two-bit protocol version of an SMP header; it decides the shape of errors.
package enum SMPVersion: UInt8, Sendable, Hashable, CaseIterable {
    case v1 = 0
    case v2 = 1
}
