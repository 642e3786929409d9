package import COSESigning

/// The list of recalled devices as the upstream signed it.
///
/// firmware-specs/cddl: `signed-recalls`.
package struct SignedRecallList: Sendable, Hashable {
    package let bytes: [UInt8]
    package let cose: COSESign1
    package let list: RecallList
    /// SHA-256 of the signer's certificate, 32 bytes.
    package let certificateThumbprint: [UInt8]

    /// Reads the message; the signature is not checked here.
    package init(decoding bytes: [UInt8]) throws(SignedMessageRefusal) {
        let message = try SignedMessage<RecallList>(
            decoding: bytes, lengthMax: CORLimits.recallListLengthMax, hasChain: false)
        self.bytes = bytes
        cose = message.cose
        list = message.payload
        certificateThumbprint = message.certificateThumbprint
    }

    /// Whether `key` signed the message for `environment`.
    package func verdict(environment: String, key: COSEPublicKey) -> COSEVerdict {
        cose.verification(
            externalAAD: COSEContext.externalAAD(type: CORContext.recalls, environment: environment), key: key)
    }

    /// - Parameter certificate: the signer's, in DER.
    package static func signing(
        _ list: RecallList, environment: String, certificate: [UInt8], signer: some COSESigner
    ) throws(COSEError) -> SignedRecallList {
        let bytes = try SignedMessage.signing(
            list, thumbprint: .of(certificate), chain: [],
            externalAAD: COSEContext.externalAAD(type: CORContext.recalls, environment: environment), signer: signer)
        do throws(SignedMessageRefusal) {
            return try SignedRecallList(decoding: bytes)
        } catch {
            throw error.asSigningError
        }
    }
}
