package import COSESigning

/// A receipt as the upstream signed it.
///
/// firmware-specs/cddl: `signed-receipt`.
package struct SignedReceipt: Sendable, Hashable {
    package let bytes: [UInt8]
    package let cose: COSESign1
    package let receipt: Receipt
    /// SHA-256 of the signer's certificate, 32 bytes.
    package let certificateThumbprint: [UInt8]

    /// Reads the message; the signature is not checked here.
    package init(decoding bytes: [UInt8]) throws(ReceiptRefusal) {
        let message = try SignedMessage<Receipt>(
            decoding: bytes, lengthMax: CORLimits.receiptLengthMax, hasChain: false)
        self.bytes = bytes
        cose = message.cose
        receipt = message.payload
        certificateThumbprint = message.certificateThumbprint
    }

    /// Whether `key` signed the message for `environment`.
    package func verdict(environment: String, key: COSEPublicKey) -> COSEVerdict {
        cose.verification(
            externalAAD: COSEContext.externalAAD(type: CORContext.receipt, environment: environment), key: key)
    }

    /// - Parameter certificate: the signer's, in DER.
    package static func signing(
        _ receipt: Receipt, environment: String, certificate: [UInt8], signer: some COSESigner
    ) throws(COSEError) -> SignedReceipt {
        let bytes = try SignedMessage.signing(
            receipt, thumbprint: .of(certificate), chain: [],
            externalAAD: COSEContext.externalAAD(type: CORContext.receipt, environment: environment), signer: signer)
        return try made(bytes)
    }

    /// What we made, as a receiver reads it: content out of its bounds is never sent.
    private static func made(_ bytes: [UInt8]) throws(COSEError) -> SignedReceipt {
        do throws(ReceiptRefusal) {
            return try SignedReceipt(decoding: bytes)
        } catch {
            throw error.asSigningError
        }
    }
}
