import CBORCoding
package import COSESigning

/// RFC 9942 receipt of inclusion: the log's signature over the root that one leaf's path leads to.
///
/// The root is the detached payload: a verifier computes it from the leaf. firmware-specs/cddl: `inclusion-receipt`.
package struct InclusionReceipt: Sendable, Hashable {
    package let bytes: [UInt8]
    package let cose: COSESign1
    package let proof: InclusionProof

    package var treeSize: UInt64 { proof.treeSize }
    package var leafIndex: UInt64 { proof.leafIndex }
    package var path: [SHA256Hash] { proof.path }

    /// Reads the receipt; neither the path nor the signature is checked here.
    package init(decoding bytes: [UInt8]) throws(ReceiptRefusal) {
        guard bytes.count <= CORLimits.inclusionLengthMax else {
            throw .tooLong(length: bytes.count, lengthMax: CORLimits.inclusionLengthMax)
        }
        let message: COSESign1
        do throws(COSEError) {
            message = try COSESign1(decoding: bytes)
        } catch {
            throw .envelope(error)
        }
        guard message.protected.algorithm == .es256 else { throw .unexpectedAlgorithm }
        guard message.payload == nil else { throw .payloadMisplaced }
        guard message.protected == Self.protectedHeaders,
            case .map(let proofs)? = message.unprotected[Self.proofsLabel],
            proofs.count == 1, proofs[0].key == .integer(Self.inclusionLabel),
            case .array(let inclusions) = proofs[0].value, inclusions.count == 1,
            case .bytes(let proofBytes) = inclusions[0],
            message.unprotected == Self.unprotectedHeaders(proofBytes: proofBytes)
        else { throw .unexpectedHeader }
        do throws(CBORError) {
            proof = try InclusionProof(decoding: proofBytes)
        } catch {
            throw .payload(error)
        }
        self.bytes = bytes
        cose = message
    }

    /// Whether `key` signed the root of a log that holds `leafData`.
    package func verdict(leafData: [UInt8], key: COSEPublicKey) -> COSEVerdict {
        let root = MerkleTree.root(
            fromLeafHash: MerkleTree.leafHash(leafData), index: leafIndex, treeSize: treeSize, path: path)
        // A path that fits no tree leads to no root that anyone could have signed.
        guard let root else { return .refused(.signatureWrong) }
        return cose.verification(externalAAD: [], key: key, detachedPayload: root.bytes)
    }

    package static func signing(
        proof: InclusionProof, root: SHA256Hash, signer: some COSESigner
    ) throws(COSEError) -> InclusionReceipt {
        let message = try COSESign1.signing(
            payload: root.bytes, protected: protectedHeaders,
            unprotected: unprotectedHeaders(proofBytes: proof.encoded()), externalAAD: [], isDetached: true,
            signer: signer)
        do throws(ReceiptRefusal) {
            return try InclusionReceipt(decoding: message.encoded())
        } catch {
            throw error.asSigningError
        }
    }

    // RFC 9942: 395 names the verifiable data structure, 1 is RFC9162_SHA256; 396 holds its proofs, -1 those of inclusion.
    private static let structureLabel: Int64 = 395
    private static let proofsLabel: Int64 = 396
    private static let inclusionLabel: Int64 = -1
    private static let protectedHeaders = COSEHeaders(
        algorithm: .es256, others: [CBORPair(key: .integer(structureLabel), value: .integer(1))])

    private static func unprotectedHeaders(proofBytes: [UInt8]) -> COSEHeaders {
        let inclusions = CBORPair(key: .integer(inclusionLabel), value: .array([.bytes(proofBytes)]))
        return COSEHeaders(others: [CBORPair(key: .integer(proofsLabel), value: .map([inclusions]))])
    }
}
