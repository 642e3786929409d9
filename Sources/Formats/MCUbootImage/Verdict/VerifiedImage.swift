import Crypto

/// An image that was found right. Nobody but the verifier can make one, and nothing else can be uploaded.
package struct VerifiedImage: Sendable {
    /// How it is known that the payload is what was signed.
    package enum PayloadProof: Sendable, Hashable {
        /// Its hash was computed, and a key that is allowed has signed it.
        case signedHash
        /// The payload is encrypted. Layout and the signature over the *stated* hash were checked; that this file is what belongs to
        /// them says the hash of the file alone. The device checks the rest when it has decrypted the image.
        case fileHashOnly
    }

    /// The image without what pads its file: what is uploaded. A trailer would decide for the boot loader whether to try the image.
    package let bytes: [UInt8]
    package let header: ImageHeader
    package let facts: ProtectedFacts
    package let trailer: ImageTrailer
    /// The SHA-256 in the image, by which image management names it; 32 bytes.
    package let hash: [UInt8]
    /// SHA-256 of the whole file, 32 bytes.
    package let fileHash: [UInt8]
    /// The SHA-256 of each key that signed, in the order of the signatures.
    package let keyHashes: [[UInt8]]
    package let payloadProof: PayloadProof
    /// Whether a device's state was compared; where it was not, nothing is said about versions, counters and dependencies.
    package let isJudgedForDevice: Bool

    init(_ file: [UInt8], _ policy: ImagePolicy) throws(ImageRefusal) {
        let layout = try ImageLayout(file)
        facts = try ProtectedFacts(layout.protectedTLVs)
        let isEncrypted = !layout.header.flags.isDisjoint(with: .encryption)
        let credentials = try Credentials(layout.tlvs, flags: layout.header.flags)
        fileHash = Array(SHA256.hash(data: file))
        guard policy.fileHash == nil || policy.fileHash == fileHash else { throw .fileHashWrong }
        if !isEncrypted {
            guard Array(SHA256.hash(data: file[..<layout.signedLength])) == credentials.hash else { throw .hashWrong }
        }
        try Self.check(credentials.signatures, over: ImageDigest(bytes: credentials.hash), keys: policy.keys)
        if layout.trailer != .none, let slotLength = policy.slotLength, file.count != slotLength {
            throw .trailerMisplaced(length: file.count, slotLength: slotLength)
        }
        try policy.check(layout.header, facts, imageLength: layout.imageLength)
        guard !isEncrypted || policy.fileHash != nil else { throw .encryptedWithoutFileHash }

        bytes = Array(file[..<layout.imageLength])
        header = layout.header
        trailer = layout.trailer
        hash = credentials.hash
        keyHashes = credentials.signatures.map(\.keyHash)
        payloadProof = isEncrypted ? .fileHashOnly : .signedHash
        isJudgedForDevice = policy.device != nil
    }

    /// Every signature counts: MCUboot takes the last one whose key it knows, and a signature that nobody has checked is a place
    /// where anybody may write.
    private static func check(
        _ signatures: [Credentials.Signature], over digest: ImageDigest, keys: [ImageKey]
    ) throws(ImageRefusal) {
        var seen: Set<[UInt8]> = []
        for signature in signatures {
            guard let key = keys.first(where: { $0.hash == signature.keyHash }) else {
                throw .keyNotAllowed(signature.keyHash)
            }
            guard key.signatureType == signature.type else { throw .signatureTypeMismatch(signature.type) }
            try key.check(signature.data, over: digest)
            guard seen.insert(signature.keyHash).inserted else { throw .signatureRepeated }
        }
    }
}
