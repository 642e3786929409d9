import CBORCoding
package import COSESigning

/// What a signed batch says about its place in the history, read without looking at its content.
///
/// For the upstream: a batch whose signature is good and whose content is not gets a receipt that rejects it, and its hash
/// keeps the chain going. firmware-specs/upstream.md.
package struct SignedBatchHeading: Sendable, Hashable {
    package let bytes: [UInt8]
    package let hubID: HubID
    package let epoch: Epoch
    package let sequence: UInt64
    package let previousHash: SHA256Hash
    /// The signer's certificate first, without the root; DER.
    package let certificateChain: [[UInt8]]
    private let cose: COSESign1

    package init(decoding bytes: [UInt8]) throws(BatchRefusal) {
        let message = try SignedMessage(
            decoding: bytes, lengthMax: CORLimits.signedBatchLengthMax, hasChain: true,
            payload: { (decoder) throws(CBORError) in try Fields(from: &decoder) })
        self.bytes = bytes
        hubID = message.payload.hubID
        epoch = message.payload.epoch
        sequence = message.payload.sequence
        previousHash = message.payload.previousHash
        certificateChain = message.certificateChain
        cose = message.cose
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

    /// Keys 1 to 5 of a batch; the others are sound CBOR of any content.
    private struct Fields {
        let hubID: HubID
        let epoch: Epoch
        let sequence: UInt64
        let previousHash: SHA256Hash

        init(from decoder: inout CBORDecoder) throws(CBORError) {
            let messageOffset = decoder.offset
            var isVersionRead = false
            var hubID: HubID?
            var epoch: Epoch?
            var sequence: UInt64?
            var previousHash: SHA256Hash?
            try decoder.decodeMap { (key, value) throws(CBORError) in
                switch key {
                case 1: isVersionRead = try value.decodeInteger(in: 1...1) == 1
                case 2: hubID = try HubID(from: &value)
                case 3: epoch = try Epoch(from: &value)
                case 4: sequence = try value.decodeInteger(in: CORLimits.sequences)
                case 5: previousHash = try SHA256Hash(from: &value)
                default: try value.skipItem()
                }
            }
            guard isVersionRead, let hubID, let epoch, let sequence, let previousHash else {
                throw .missingKey(of: "batch", offset: messageOffset)
            }
            self.hubID = hubID
            self.epoch = epoch
            self.sequence = sequence
            self.previousHash = previousHash
        }
    }
}
