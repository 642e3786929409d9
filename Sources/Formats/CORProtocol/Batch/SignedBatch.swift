package import COSESigning

/// A batch as the hub signed it.
///
/// firmware-specs/cddl: `signed-batch`.
package struct SignedBatch: Sendable, Hashable {
    package let bytes: [UInt8]
    package let cose: COSESign1
    package let batch: Batch
    /// The signer's certificate first, without the root; DER.
    package let certificateChain: [[UInt8]]
    /// SHA-256 of the signer's certificate, 32 bytes.
    package let certificateThumbprint: [UInt8]

    /// Reads the message; the signature is not checked here.
    package init(decoding bytes: [UInt8]) throws(BatchRefusal) {
        let message = try SignedMessage<Batch>(
            decoding: bytes, lengthMax: CORLimits.signedBatchLengthMax, hasChain: true)
        self.bytes = bytes
        cose = message.cose
        batch = message.payload
        certificateChain = message.certificateChain
        certificateThumbprint = message.certificateThumbprint
    }

    /// The batch hash: SHA-256 of the message's bytes.
    package var hash: SHA256Hash {
        .of(bytes)
    }

    /// Whether `key` signed the message for `environment`.
    package func verdict(environment: String, key: COSEPublicKey) -> COSEVerdict {
        cose.verification(
            externalAAD: COSEContext.externalAAD(type: CORContext.batch, environment: environment), key: key)
    }

    /// - Parameter chain: 1 to 4 certificates in DER, the signer's first, without the root.
    package static func signing(
        _ batch: Batch, environment: String, chain: [[UInt8]], signer: some COSESigner
    ) throws(COSEError) -> SignedBatch {
        guard let certificate = chain.first else { throw .malformedHeader(label: 33) }
        let bytes = try SignedMessage.signing(
            batch, thumbprint: .of(certificate), chain: chain,
            externalAAD: COSEContext.externalAAD(type: CORContext.batch, environment: environment), signer: signer)
        return try made(bytes)
    }

    /// What we made, as a receiver reads it: content out of its bounds is never sent.
    private static func made(_ bytes: [UInt8]) throws(COSEError) -> SignedBatch {
        do throws(BatchRefusal) {
            return try SignedBatch(decoding: bytes)
        } catch {
            throw error.asSigningError
        }
    }
}
