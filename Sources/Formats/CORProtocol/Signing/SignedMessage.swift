import CBORCoding
import COSESigning

/// What records, attestations, batches and receipts share: ES256, x5t in the protected header, a deterministic payload.
///
/// firmware-specs/signatures.md.
struct SignedMessage<Payload: CBORShape> {
    let cose: COSESign1
    let payload: Payload
    let payloadBytes: [UInt8]
    /// SHA-256 of the signer's certificate.
    let certificateThumbprint: [UInt8]
    /// The signer's certificate first; empty in messages whose receiver has the certificate already.
    let certificateChain: [[UInt8]]

    /// - Parameter hasChain: whether the message's rule has x5chain; it is demanded then, and refused otherwise.
    init(decoding bytes: [UInt8], lengthMax: Int, hasChain: Bool) throws(SignedMessageRefusal) {
        guard bytes.count <= lengthMax else { throw .tooLong(length: bytes.count, lengthMax: lengthMax) }
        let limits = CBORLimits(stringLengthMax: lengthMax)
        let message: COSESign1
        do throws(COSEError) {
            message = try COSESign1(decoding: bytes, limits: limits)
        } catch {
            throw .envelope(error)
        }
        guard message.protected.algorithm == .es256 else { throw .unexpectedAlgorithm }
        guard let payloadBytes = message.payload else { throw .payloadMisplaced }
        guard let thumbprint = message.protected.certificateThumbprint else { throw .thumbprintMissing }
        let chain = message.unprotected.certificateChain
        guard message.protected == COSEHeaders(algorithm: .es256, certificateThumbprint: thumbprint),
            message.unprotected == COSEHeaders(certificateChain: chain)
        else { throw .unexpectedHeader }
        try Self.check(chain, isExpected: hasChain, thumbprint: thumbprint)
        do throws(CBORError) {
            payload = try Payload(decoding: payloadBytes, mode: .strict, limits: limits)
        } catch {
            throw .payload(error)
        }
        cose = message
        self.payloadBytes = payloadBytes
        certificateThumbprint = thumbprint
        certificateChain = chain
    }

    /// The bytes of a new message.
    static func signing(
        _ payload: Payload, thumbprint: SHA256Hash, chain: [[UInt8]], externalAAD: [UInt8], signer: some COSESigner
    ) throws(COSEError) -> [UInt8] {
        let message = try COSESign1.signing(
            payload: payload.encoded(),
            protected: COSEHeaders(algorithm: .es256, certificateThumbprint: thumbprint.bytes),
            unprotected: COSEHeaders(certificateChain: chain), externalAAD: externalAAD, signer: signer)
        return message.encoded()
    }

    private static func check(
        _ chain: [[UInt8]], isExpected: Bool, thumbprint: [UInt8]
    ) throws(SignedMessageRefusal) {
        guard isExpected else {
            guard chain.isEmpty else { throw .unexpectedHeader }
            return
        }
        guard let leaf = chain.first, chain.count <= CORLimits.certificateCountMax,
            chain.allSatisfy({ (1...CORLimits.certificateLengthMax).contains($0.count) })
        else { throw .certificateChainMalformed }
        guard SHA256Hash.of(leaf).bytes == thumbprint else { throw .thumbprintMismatch }
    }
}
