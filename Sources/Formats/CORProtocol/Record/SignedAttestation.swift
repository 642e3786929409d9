package import COSESigning

/// A device's signature over a challenge.
///
/// firmware-specs/cddl: `signed-attestation`.
package struct SignedAttestation: Sendable, Hashable {
    package let bytes: [UInt8]
    package let cose: COSESign1
    package let payload: AttestationPayload
    /// SHA-256 of the signer's certificate, 32 bytes.
    package let certificateThumbprint: [UInt8]

    /// Reads the message; the signature is not checked here.
    package init(decoding bytes: [UInt8]) throws(AttestationRefusal) {
        let message = try SignedMessage<AttestationPayload>(
            decoding: bytes, lengthMax: CORLimits.attestationLengthMax, hasChain: false)
        self.bytes = bytes
        cose = message.cose
        payload = message.payload
        certificateThumbprint = message.certificateThumbprint
    }

    /// Whether `key` signed the message.
    package func verdict(key: COSEPublicKey) -> COSEVerdict {
        cose.verification(externalAAD: COSEContext.externalAAD(type: CORContext.attestation), key: key)
    }

    /// - Parameter certificate: the signer's, in DER.
    package static func signing(
        _ payload: AttestationPayload, certificate: [UInt8], signer: some COSESigner
    ) throws(COSEError) -> SignedAttestation {
        let bytes = try SignedMessage.signing(
            payload, thumbprint: .of(certificate), chain: [],
            externalAAD: COSEContext.externalAAD(type: CORContext.attestation), signer: signer)
        return try made(bytes)
    }

    /// What we made, as a receiver reads it: content out of its bounds is never sent.
    private static func made(_ bytes: [UInt8]) throws(COSEError) -> SignedAttestation {
        do throws(AttestationRefusal) {
            return try SignedAttestation(decoding: bytes)
        } catch {
            throw error.asSigningError
        }
    }
}
