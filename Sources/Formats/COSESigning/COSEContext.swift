import CBORCoding

/// The external_aad that ties a signature to one type of message, and to one environment where the signer knows it.
///
/// It keeps a signature from being taken for another type's, and a test's for production's.
package enum COSEContext {
    /// Deterministic CBOR: [type], or [type, environment].
    package static func externalAAD(type: String, environment: String? = nil) -> [UInt8] {
        CBORValue.array([type, environment].compactMap { $0 }.map(CBORValue.text)).encoded()
    }
}
