/// A message type with one CBOR form.
///
/// A shape writes its map keys in ascending order and reads with the decoder's mode; what is sound CBOR and not this shape
/// is refused with `CBORError.unexpectedValue`.
package protocol CBORShape {
    func encode(into encoder: inout CBOREncoder)
    init(from decoder: inout CBORDecoder) throws(CBORError)
}

extension CBORShape {
    /// The shape alone, deterministically encoded.
    package func encoded() -> [UInt8] {
        var encoder = CBOREncoder()
        encode(into: &encoder)
        return encoder.bytes
    }

    /// Reads `bytes` as this shape and nothing else: bytes that follow it are refused.
    package init(
        decoding bytes: [UInt8], mode: CBORMode = .strict, limits: CBORLimits = .init()
    ) throws(CBORError) {
        var decoder = CBORDecoder(bytes, mode: mode, limits: limits)
        try self.init(from: &decoder)
        try decoder.finish()
    }
}

extension CBOREncoder {
    package mutating func encode(_ shape: some CBORShape) {
        shape.encode(into: &self)
    }
}
