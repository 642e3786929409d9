package import CBORCoding

/// What a peer's message may cost before it is refused.
package struct SMPLimits: Sendable, Hashable {
    /// Bytes of CBOR after the header. The header's length field is 16 bits wide.
    package var payloadLengthMax: Int
    /// Nesting of containers in the payload.
    package var depthMax: Int
    /// CBOR items in the payload.
    package var itemCountMax: Int

    package init(payloadLengthMax: Int = 65_535, depthMax: Int = 16, itemCountMax: Int = 65_536) {
        self.payloadLengthMax = payloadLengthMax
        self.depthMax = depthMax
        self.itemCountMax = itemCountMax
    }

    package var cbor: CBORLimits {
        var limits = CBORLimits()
        limits.depthMax = depthMax
        limits.itemCountMax = itemCountMax
        limits.stringLengthMax = payloadLengthMax
        return limits
    }
}
