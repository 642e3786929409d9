import Crypto
import Testing

@testable import MCUbootImage

@Suite("Hash, signatures and TLVs of an image")
struct ImageCredentialTests {
    typealias TLV = ImageForge.TLV
    private let signer = ImageForge.Signer.ed25519(Curve25519.Signing.PrivateKey())
    private let other = ImageForge.Signer.ed25519(Curve25519.Signing.PrivateKey())
    private let p256 = ImageForge.Signer.p256(P256.Signing.PrivateKey())

    private func verdict(_ file: [UInt8], _ keys: [ImageForge.Signer]? = nil) throws -> String {
        code(ImageVerdict(of: file, under: ImagePolicy(keys: try (keys ?? [signer]).map { try $0.key() })))
    }

    /// The verdict on a sound image with other TLVs than it should have.
    private func verdict(_ change: (inout [TLV]) throws -> Void) throws -> String {
        let forge = ImageForge()
        var tlvs = try forge.credentials(signer)
        try change(&tlvs)
        return try verdict(forge.image(tlvs))
    }

    @Test("Threat 10: every bit of a valid image counts", arguments: [false, true])
    func everyBit(withP256: Bool) throws {
        var forge = ImageForge()
        forge.protected = [
            TLV(0x50, littleEndian(UInt32(7))), TLV(0x40, [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), TLV(0x00A0, [1, 2]),
        ]
        let tlvs = try forge.credentials(withP256 ? p256 : signer)
        forge.suffix = ImageForge.trailer(padding: 20)
        let file = forge.image(tlvs)
        let policy = ImagePolicy(keys: [try signer.key(), try p256.key()])
        #expect(code(ImageVerdict(of: file, under: policy)) == "accepted")
        for index in file.indices {
            for bit in 0..<8 {
                var flipped = file
                flipped[index] ^= 1 << UInt8(bit)
                #expect(code(ImageVerdict(of: flipped, under: policy)) != "accepted", "byte \(index), bit \(bit)")
            }
        }
    }

    @Test("Threat 10: any other value of a byte is refused as well")
    func everyByte() throws {
        let file = try ImageForge().image(signedBy: signer)
        let policy = ImagePolicy(keys: [try signer.key()])
        for index in file.indices {
            for change: UInt8 in [0xFF, 0x55, 0xAA, 0x03] {
                var changed = file
                changed[index] ^= change
                #expect(code(ImageVerdict(of: changed, under: policy)) != "accepted", "byte \(index) ^ \(change)")
            }
        }
    }

    @Test("There is one hash, of the right type and length, and it is right")
    func hash() throws {
        #expect(try verdict { $0.remove(at: 0) } == "hash-missing")
        #expect(try verdict { $0.append($0[0]) } == "tlv-repeated")
        #expect(try verdict { $0[0].data[0] ^= 1 } == "hash-wrong")
        #expect(try verdict { $0[0].data.removeLast() } == "tlv-length-wrong")
        #expect(try verdict { $0[0].data = [] } == "tlv-length-wrong")
        #expect(try verdict { $0[0].data.append(0) } == "tlv-length-wrong")
        #expect(try verdict { $0[0] = TLV(0x11, [UInt8](repeating: 1, count: 48)) } == "hash-type-unsupported")
        #expect(try verdict { $0.append(TLV(0x12, [UInt8](repeating: 1, count: 64))) } == "hash-type-unsupported")
        // The hash may stand last: nothing depends on it before all is read.
        #expect(try verdict { $0.append($0.remove(at: 0)) } == "accepted")
    }

    @Test("Each signature follows the hash of its key, and each is by an allowed key and right")
    func signatures() throws {
        let digest = ImageForge().digest
        #expect(try verdict { $0.removeLast(2) } == "signature-missing")
        #expect(try verdict { $0.removeLast() } == "key-without-signature")
        #expect(try verdict { $0.remove(at: 1) } == "signature-without-key")
        #expect(try verdict { $0.swapAt(1, 2) } == "signature-without-key")
        #expect(try verdict { $0.insert($0[1], at: 1) } == "key-without-signature")
        #expect(try verdict { $0.append($0[2]) } == "signature-without-key")
        #expect(try verdict { $0.append($0[1]) } == "key-without-signature")
        #expect(try verdict { $0 += $0[1...2] } == "signature-repeated")
        #expect(try verdict { $0[1] = other.keyHash } == "key-not-allowed")
        #expect(try verdict { $0[2] = try other.signature(over: digest) } == "signature-wrong")
        #expect(try verdict { $0[1].data.removeLast() } == "tlv-length-wrong")
        #expect(try verdict { $0[1].data = [] } == "tlv-length-wrong")
        #expect(try verdict { $0[2].data.removeLast() } == "signature-malformed")
        #expect(try verdict { $0[2].data.append(0) } == "signature-malformed")
        #expect(try verdict { $0[2].type = 0x22 } == "signature-type-mismatch")
        #expect(try verdict { $0[2] = TLV(0x20, [UInt8](repeating: 1, count: 256)) } == "signature-type-unsupported")
        #expect(try verdict { $0[2].type = 0x21 } == "signature-type-unsupported")
        #expect(try verdict { $0[1] = TLV(0x02, signer.publicDER) } == "key-embedded")
        #expect(try verdict { $0.append(TLV(0x25, [1])) } == "signature-pure")
    }

    @Test("A second signature is checked like the first, whatever MCUboot makes of it")
    func twoSignatures() throws {
        let forge = ImageForge()
        let tlvs = try forge.credentials(signer)
        let foreign = [other.keyHash, try other.signature(over: forge.digest)]
        var wrong = Array(tlvs[1...])
        wrong[1].data[0] ^= 1
        for file in [forge.image(tlvs + foreign), forge.image(tlvs[..<1] + foreign + tlvs[1...])] {
            #expect(try verdict(file) == "key-not-allowed")
            #expect(try verdict(file, [signer, other]) == "accepted")
        }
        #expect(try verdict(forge.image(tlvs + wrong)) == "signature-wrong")
        #expect(try verdict(forge.image(tlvs[..<1] + wrong + tlvs[1...])) == "signature-wrong")
    }

    @Test("A signature of the old image, of another digest or of the whole image is none")
    func otherMessages() throws {
        let forge = ImageForge()
        guard case .ed25519(let key) = signer, case .p256(let ec) = p256 else { return }
        #expect(
            try verdict { $0[2].data = Array(try key.signature(for: forge.signedBytes)) } == "signature-wrong")
        #expect(
            try verdict { $0[2].data = Array(try key.signature(for: Array(SHA256.hash(data: forge.digest)))) }
                == "signature-wrong")
        var tlvs = try forge.credentials(p256)
        tlvs[2].data = Array(try ec.signature(for: forge.digest).derRepresentation)
        #expect(try verdict(forge.image(tlvs), [p256]) == "signature-wrong")
        var changed = forge
        changed.payload[0] ^= 1
        tlvs = try forge.credentials(signer)
        tlvs[0].data = changed.digest
        #expect(try verdict(changed.image(tlvs)) == "signature-wrong")
    }

    @Test("Outside of the signature stands nothing that means something")
    func unsigned() throws {
        for type: UInt16 in [0x40, 0x50, 0x60, 0x74, 0x75, 0x00A0, 0x12FE] {
            #expect(try verdict { $0.append(TLV(type, [0, 0, 0, 0])) } == "tlv-unsigned")
        }
        for type: UInt16 in [0x00, 0x03, 0x13, 0x26, 0x35, 0x70, 0x71, 0x80, 0x0110, 0xFFFF] {
            #expect(try verdict { $0.append(TLV(type, [])) } == "tlv-unknown")
        }
    }

    @Test("Under the signature stands nothing unknown, and nothing twice")
    func protectedTLVs() throws {
        func verdict(_ protected: [TLV]) throws -> String {
            var forge = ImageForge()
            forge.protected = protected
            return try self.verdict(try forge.image(signedBy: signer))
        }
        let counter = TLV(0x50, littleEndian(UInt32(1)))
        let dependency = TLV(0x40, [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
        let uuid = [UInt8](repeating: 9, count: 16)
        #expect(
            try verdict([counter, dependency, dependency, TLV(0x60, [1]), TLV(0x74, uuid), TLV(0x75, uuid)])
                == "accepted")
        #expect(try verdict([TLV(0x00A0, []), TLV(0x01FF, [1]), TLV(0xFFFE, [1])]) == "accepted")
        for twice in [counter, TLV(0x60, [1]), TLV(0x74, uuid), TLV(0x75, uuid)] {
            #expect(try verdict([twice, twice]) == "tlv-repeated")
        }
        for type: UInt16 in [0x50, 0x40, 0x74, 0x75] {
            #expect(try verdict([TLV(type, [1, 2, 3])]) == "tlv-length-wrong")
        }
        for type: UInt16 in [
            0x00, 0x01, 0x02, 0x10, 0x22, 0x24, 0x25, 0x30, 0x61, 0x70, 0x71, 0x72, 0x73, 0x76, 0x80, 0xFFFF,
        ] {
            #expect(try verdict([TLV(type, [0, 0])]) == "tlv-unknown")
        }
        for index in 1...3 {
            var padded = dependency
            padded.data[index] = 1
            #expect(try verdict([padded]) == "reserved-field-in-use")
        }
    }
}
