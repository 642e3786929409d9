/// What the unprotected area holds: the hash, signatures with the keys that they name, and the wrapped key of an encrypted image.
///
/// No byte of this area is signed, so that nothing may stand here but what is checked.
struct Credentials {
    struct Signature {
        let keyHash: [UInt8]
        let type: ImageTLVType
        let data: [UInt8]
    }

    static let hashLength = 32

    let hash: [UInt8]
    private(set) var signatures: [Signature] = []

    init(_ tlvs: [ImageTLV], flags: ImageFlags) throws(ImageRefusal) {
        var hash: [UInt8]?
        var namedKey: [UInt8]?
        var wrappedKey: ImageTLVType?
        for tlv in tlvs {
            switch tlv.type {
            case .sha256:
                guard hash == nil else { throw .tlvRepeated(tlv.type) }
                guard tlv.data.count == Self.hashLength else {
                    throw .tlvLengthWrong(tlv.type, length: tlv.data.count)
                }
                hash = tlv.data
            case .sha384, .sha512:
                throw .hashTypeUnsupported(tlv.type)
            case .keyHash:
                guard namedKey == nil else { throw .keyWithoutSignature }
                // MCUboot compares as many bytes as there are, so that a shorter one would match more than one key.
                guard tlv.data.count == Self.hashLength else {
                    throw .tlvLengthWrong(tlv.type, length: tlv.data.count)
                }
                namedKey = tlv.data
            case .ecdsa, .ed25519:
                guard let keyHash = namedKey else { throw .signatureWithoutKey }
                signatures.append(Signature(keyHash: keyHash, type: tlv.type, data: tlv.data))
                namedKey = nil
            case .rsa2048, .rsa3072, .ecdsa224:
                throw .signatureTypeUnsupported(tlv.type)
            case .pureSignature:
                throw .pureSignature
            case .publicKey:
                throw .keyEmbedded
            case let type where Self.wrappedKeyLengths[type] != nil:
                guard wrappedKey == nil else { throw .tlvRepeated(type) }
                wrappedKey = type
                try Self.check(wrappedKey: tlv, flags: flags)
            case .dependency, .securityCounter, .bootRecord, .vendorUUID, .classUUID:
                throw .tlvUnsigned(tlv.type)
            case let type where type.isVendorReserved:
                throw .tlvUnsigned(tlv.type)
            default:
                throw .tlvUnknown(tlv.type, isProtected: false)
            }
        }
        guard namedKey == nil else { throw .keyWithoutSignature }
        guard let hash else { throw .hashMissing }
        guard flags.isDisjoint(with: .encryption) || wrappedKey != nil else { throw .wrappedKeyMissing }
        guard !signatures.isEmpty else { throw .signatureMissing }
        self.hash = hash
    }

    /// Bytes of the key as it is wrapped, for AES-128 and AES-256. RSA-OAEP is as long as its modulus; ECIES is a point, an
    /// authentication code and the key; key wrap adds 8.
    private static let wrappedKeyLengths: [ImageTLVType: (aes128: Int, aes256: Int)] = [
        .keyByRSA2048: (256, 256),
        .keyByAESKeyWrap: (24, 40),
        .keyByECIESP256: (65 + 32 + 16, 65 + 32 + 32),
        .keyByECIESX25519: (32 + 32 + 16, 32 + 32 + 32),
        .keyByECIESX25519SHA512: (32 + 64 + 16, 32 + 64 + 32),
    ]

    private static func check(wrappedKey tlv: ImageTLV, flags: ImageFlags) throws(ImageRefusal) {
        guard !flags.isDisjoint(with: .encryption) else { throw .wrappedKeyWithoutFlag }
        let lengths = wrappedKeyLengths[tlv.type]
        let length = flags.contains(.encryptedAES128) ? lengths?.aes128 : lengths?.aes256
        guard tlv.data.count == length else { throw .tlvLengthWrong(tlv.type, length: tlv.data.count) }
    }
}
