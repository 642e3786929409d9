import CBORCoding
package import COSESigning

/// A record as the device signed it.
///
/// firmware-specs/cddl: `signed-record`.
package struct SignedRecord: Sendable, Hashable {
    package let bytes: [UInt8]
    package let cose: COSESign1
    package let payload: RecordPayload
    /// The signer's certificate first, without the root; DER.
    package let certificateChain: [[UInt8]]
    /// SHA-256 of the signer's certificate, 32 bytes.
    package let certificateThumbprint: [UInt8]

    /// Reads the message; the signature is not checked here.
    package init(decoding bytes: [UInt8]) throws(RecordRefusal) {
        let message = try SignedMessage<RecordPayload>(
            decoding: bytes, lengthMax: CORLimits.recordLengthMax, hasChain: true)
        self.bytes = bytes
        cose = message.cose
        payload = message.payload
        certificateChain = message.certificateChain
        certificateThumbprint = message.certificateThumbprint
    }

    /// The record id: SHA-256 of deterministic CBOR [serial, boot counter, sequence, SHA-256(payload)].
    package var id: SHA256Hash {
        var encoder = CBOREncoder(capacity: 96)
        encoder.beginArray(count: 4)
        encoder.encode(payload.serial)
        encoder.encode(UInt64(payload.bootCounter))
        encoder.encode(payload.sequence)
        encoder.encode(SHA256Hash.of(cose.payload ?? []))
        return .of(encoder.bytes)
    }

    /// Whether `key` signed the message.
    package func verdict(key: COSEPublicKey) -> COSEVerdict {
        cose.verification(externalAAD: COSEContext.externalAAD(type: CORContext.record), key: key)
    }

    /// - Parameter chain: 1 to 4 certificates in DER, the signer's first, without the root.
    package static func signing(
        _ payload: RecordPayload, chain: [[UInt8]], signer: some COSESigner
    ) throws(COSEError) -> SignedRecord {
        guard let certificate = chain.first else { throw .malformedHeader(label: 33) }
        let bytes = try SignedMessage.signing(
            payload, thumbprint: .of(certificate), chain: chain,
            externalAAD: COSEContext.externalAAD(type: CORContext.record), signer: signer)
        return try made(bytes)
    }

    /// What we made, as a receiver reads it: content out of its bounds is never sent.
    private static func made(_ bytes: [UInt8]) throws(COSEError) -> SignedRecord {
        do throws(RecordRefusal) {
            return try SignedRecord(decoding: bytes)
        } catch {
            throw error.asSigningError
        }
    }
}
