package import CBORCoding
package import CORProtocol
package import COSESigning

/// The part of a batch that must hold before anything can be said about it by a signed receipt: who, which, after what.
///
/// Whatever is wrong deeper down is answered with a *rejected* receipt, because the chain goes on over a rejected batch.
package struct BatchEnvelope: Sendable {
    package let bytes: [UInt8]
    package let hash: SHA256Hash
    package let cose: COSESign1
    package let hub: HubID
    package let epoch: Epoch
    package let sequence: UInt64
    package let previousHash: SHA256Hash

    /// - Throws: `EnvelopeRefusal`, when there is no batch to answer.
    package init(decoding bytes: [UInt8]) throws(EnvelopeRefusal) {
        let limits = CBORLimits(stringLengthMax: CORLimits.signedBatchLengthMax)
        guard bytes.count <= CORLimits.signedBatchLengthMax else { throw .tooLong }
        do throws(COSEError) {
            cose = try COSESign1(decoding: bytes, limits: limits)
        } catch {
            throw .message(error)
        }
        guard let payload = cose.payload else { throw .payloadMissing }
        guard let leaf = cose.unprotected.certificateChain.first,
            cose.protected.certificateThumbprint == SHA256Hash.of(leaf).bytes
        else { throw .certificateMissing }
        let fields: CBORValue
        do throws(CBORError) {
            fields = try CBORValue.decode(payload, mode: .strict, limits: limits)
        } catch {
            throw .payload(error)
        }
        // firmware-specs/cddl/batch.cddl: batch, keys 1 to 5
        guard fields[1] == 1 else { throw .version }
        guard let hub = fields[2]?.textValue.flatMap(HubID.init),
            let epoch = fields[3]?.bytesValue.flatMap(Epoch.init(bytes:)),
            let sequence = fields[4]?.integer, sequence >= 1,
            let previousHash = fields[5]?.bytesValue.flatMap(SHA256Hash.init(bytes:))
        else { throw .fields }
        self.bytes = bytes
        hash = SHA256Hash.of(bytes)
        self.hub = hub
        self.epoch = epoch
        self.sequence = UInt64(sequence)
        self.previousHash = previousHash
    }
}

package enum EnvelopeRefusal: Error, Sendable, Hashable {
    case tooLong
    /// Not a COSE_Sign1 that we accept.
    case message(COSEError)
    case payloadMissing
    /// No x5chain, or its first certificate is not the one that x5t names.
    case certificateMissing
    /// The payload is not deterministic CBOR.
    case payload(CBORError)
    /// A version of the batch that this upstream does not know.
    case version
    /// Hub id, epoch, sequence or previous hash is missing or malformed.
    case fields
}
