package import CBORCoding

/// A payload under one signature: COSE_Sign1, tagged (RFC 9052 §4.2), deterministically encoded.
///
/// The protected header is kept as it came, because the signature covers its bytes.
package struct COSESign1: Sendable, Hashable {
    package static let tag: UInt64 = 18
    private static let contextString = "Signature1"

    package let protectedBytes: [UInt8]
    package let protected: COSEHeaders
    package let unprotected: COSEHeaders
    /// Nil if it is detached: the receiver has it from elsewhere.
    package let payload: [UInt8]?
    package let signature: [UInt8]

    /// Reads one message and nothing else. It refuses what is not tagged 18, what is not deterministic CBOR, an algorithm
    /// outside the protected header, labels that are in both headers, and `crit` that names what is not known here.
    ///
    /// Whether the signature is good is another question: `verification(externalAAD:key:detachedPayload:)`.
    package init(decoding bytes: [UInt8], limits: CBORLimits = .init()) throws(COSEError) {
        let parts: Parts
        do throws(CBORError) {
            parts = try Parts(bytes, limits: limits)
        } catch {
            throw .malformed(error)
        }
        guard let tag = parts.tag else { throw .untagged }
        guard tag == Self.tag else { throw .wrongTag(tag) }
        protected = try COSEHeaders(protectedBytes: parts.protectedBytes, limits: limits)
        unprotected = try COSEHeaders(entries: parts.unprotectedEntries, isProtected: false)
        guard protected.algorithm != nil else { throw .algorithmNotProtected }
        guard protected.labels.isDisjoint(with: unprotected.labels) else { throw .repeatedLabel }
        protectedBytes = parts.protectedBytes
        payload = parts.payload
        signature = parts.signature
    }

    /// Signs `payload`. The signer's algorithm is put into the protected header if none is there.
    ///
    /// - Parameter isDetached: leaves the payload out of the message; the signature covers it all the same.
    package static func signing(
        payload: [UInt8],
        protected: COSEHeaders = .init(),
        unprotected: COSEHeaders = .init(),
        externalAAD: [UInt8],
        isDetached: Bool = false,
        signer: some COSESigner
    ) throws(COSEError) -> COSESign1 {
        var protected = protected
        guard protected.algorithm == nil || protected.algorithm == signer.algorithm else { throw .algorithmMismatch }
        protected.algorithm = signer.algorithm
        guard protected.labels.isDisjoint(with: unprotected.labels) else { throw .repeatedLabel }
        let protectedBytes = protected.protectedBytes
        let signature = try signer.signature(
            for: toBeSigned(protectedBytes: protectedBytes, payload: payload, externalAAD: externalAAD))
        guard signature.count == signer.algorithm.signatureLength else { throw .signingFailed }
        return COSESign1(
            protectedBytes: protectedBytes, protected: protected, unprotected: unprotected,
            payload: isDetached ? nil : payload, signature: signature)
    }

    private init(
        protectedBytes: [UInt8], protected: COSEHeaders, unprotected: COSEHeaders, payload: [UInt8]?,
        signature: [UInt8]
    ) {
        self.protectedBytes = protectedBytes
        self.protected = protected
        self.unprotected = unprotected
        self.payload = payload
        self.signature = signature
    }

    /// The message without its payload.
    package var detached: COSESign1 {
        COSESign1(
            protectedBytes: protectedBytes, protected: protected, unprotected: unprotected, payload: nil,
            signature: signature)
    }

    package func encoded() -> [UInt8] {
        var encoder = CBOREncoder(capacity: 256 + (payload?.count ?? 0))
        encoder.encodeTag(Self.tag)
        encoder.beginArray(count: 4)
        encoder.encode(bytes: protectedBytes)
        encoder.encode(unprotected.map)
        if let payload {
            encoder.encode(bytes: payload)
        } else {
            encoder.encodeNull()
        }
        encoder.encode(bytes: signature)
        return encoder.bytes
    }

    /// The bytes that are signed: Sig_structure, RFC 9052 §4.4.
    package static func toBeSigned(protectedBytes: [UInt8], payload: [UInt8], externalAAD: [UInt8]) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 64 + protectedBytes.count + payload.count + externalAAD.count)
        encoder.beginArray(count: 4)
        encoder.encode(contextString)
        // RFC 9052 §4.4: an empty bucket is no bytes here, in whatever form it came.
        encoder.encode(bytes: protectedBytes == [0xA0] ? [] : protectedBytes)
        encoder.encode(bytes: externalAAD)
        encoder.encode(bytes: payload)
        return encoder.bytes
    }

    /// Whether `key` made the signature over this message in the context that `externalAAD` names.
    ///
    /// - Parameter detachedPayload: the payload, if and only if the message does not carry it.
    package func verification(
        externalAAD: [UInt8], key: COSEPublicKey, detachedPayload: [UInt8]? = nil
    ) -> COSEVerdict {
        guard protected.algorithm == key.algorithm else { return .refused(.algorithmMismatch) }
        guard signature.count == key.algorithm.signatureLength else { return .refused(.signatureLengthWrong) }
        guard payload == nil || detachedPayload == nil else { return .refused(.payloadNotDetached) }
        guard let payload = payload ?? detachedPayload else { return .refused(.payloadMissing) }
        let message = Self.toBeSigned(protectedBytes: protectedBytes, payload: payload, externalAAD: externalAAD)
        return key.isValidSignature(signature, for: message) ? .valid : .refused(.signatureWrong)
    }
}

/// The message as its CBOR has it.
private struct Parts {
    var tag: UInt64?
    var protectedBytes: [UInt8] = []
    var unprotectedEntries: [CBORPair] = []
    var payload: [UInt8]?
    var signature: [UInt8] = []

    /// Stops at a tag that is missing or wrong.
    init(_ bytes: [UInt8], limits: CBORLimits) throws(CBORError) {
        var decoder = CBORDecoder(bytes, mode: .strict, limits: limits)
        guard try decoder.peekKind() == .tag else { return }
        tag = try decoder.decodeTag()
        guard tag == COSESign1.tag else { return }
        self = try decoder.decodeArray(count: 4) { [self] (decoder) throws(CBORError) in
            var parts = self
            parts.protectedBytes = try decoder.decodeBytes()
            parts.unprotectedEntries = try COSEHeaders.entries(from: &decoder)
            parts.payload = try decoder.decodeNullIfPresent() ? nil : decoder.decodeBytes()
            parts.signature = try decoder.decodeBytes()
            return parts
        }
        try decoder.finish()
    }
}
