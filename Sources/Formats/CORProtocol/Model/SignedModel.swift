package import COSESigning

/// A model as its maker signed it.
///
/// firmware-specs/cddl: `signed-model`.
package struct SignedModel: Sendable, Hashable {
    package let bytes: [UInt8]
    package let cose: COSESign1
    package let release: ModelRelease
    /// SHA-256 of the signer's certificate, 32 bytes.
    package let certificateThumbprint: [UInt8]

    /// Reads the message; the signature is not checked here.
    package init(decoding bytes: [UInt8]) throws(SignedMessageRefusal) {
        let message = try SignedMessage<ModelRelease>(
            decoding: bytes, lengthMax: CORLimits.signedModelLengthMax, hasChain: false)
        self.bytes = bytes
        cose = message.cose
        release = message.payload
        certificateThumbprint = message.certificateThumbprint
    }

    /// Whether `key` signed the message for `environment`.
    package func verdict(environment: String, key: COSEPublicKey) -> COSEVerdict {
        cose.verification(
            externalAAD: COSEContext.externalAAD(type: CORContext.model, environment: environment), key: key)
    }

    /// - Parameter certificate: the signer's, in DER.
    package static func signing(
        _ release: ModelRelease, environment: String, certificate: [UInt8], signer: some COSESigner
    ) throws(COSEError) -> SignedModel {
        let bytes = try SignedMessage.signing(
            release, thumbprint: .of(certificate), chain: [],
            externalAAD: COSEContext.externalAAD(type: CORContext.model, environment: environment), signer: signer)
        do throws(SignedMessageRefusal) {
            return try SignedModel(decoding: bytes)
        } catch {
            throw error.asSigningError
        }
    }
}
