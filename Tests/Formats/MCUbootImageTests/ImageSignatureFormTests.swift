import Crypto
import TestSupport
import Testing

@testable import MCUbootImage

@Suite("Forms of keys and signatures of an image")
struct ImageSignatureFormTests {
    private let ed25519 = ImageForge.Signer.ed25519(Curve25519.Signing.PrivateKey())
    private let p256 = ImageForge.Signer.p256(P256.Signing.PrivateKey())

    private func verdict(
        _ signer: ImageForge.Signer, _ change: (inout [UInt8]) throws -> Void
    ) throws -> ImageVerdict {
        let forge = ImageForge()
        var tlvs = try forge.credentials(signer)
        try change(&tlvs[2].data)
        return ImageVerdict(of: forge.image(tlvs), under: ImagePolicy(keys: [try signer.key()]))
    }

    @Test("An Ed25519 signature with S + L is refused, though it solves the equation")
    func malleable() throws {
        let order: [UInt8] =
            [UInt8](hexadecimal: "edd3f55c1a631258d69cf7a2def9de14") + [UInt8](repeating: 0, count: 15) + [0x10]
        let found = try verdict(ed25519) { signature in
            var carry = 0
            for index in 0..<32 {
                carry += Int(signature[32 + index]) + Int(order[index])
                signature[32 + index] = UInt8(carry & 0xFF)
                carry >>= 8
            }
        }
        #expect(code(found) == "signature-malformed")
    }

    /// y of the points of order 1, 2, 4 and 8, as RFC 8032 writes points, with both signs; and 0 and 1 as p and p + 1.
    private static let smallPoints = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ]

    @Test("Points of small order are no keys and begin no signature", arguments: smallPoints)
    func smallOrder(point: String) throws {
        let point = [UInt8](hexadecimal: point)
        let head = ed25519.publicDER.prefix(12)
        #expect(throws: ImageKey.Fault.weak) { try ImageKey(der: head + point) }
        let found = try verdict(ed25519) { $0.replaceSubrange(0..<32, with: point) }
        #expect(code(found) == "signature-malformed")
    }

    @Test("An ECDSA signature is strict DER of two numbers from 1 to n - 1")
    func strictDER() throws {
        let order = [UInt8](hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        func integer(_ content: [UInt8]) -> [UInt8] { [0x02, UInt8(content.count)] + content }
        func sequence(_ r: [UInt8], _ s: [UInt8], _ rest: [UInt8] = []) -> [UInt8] {
            let content = integer(r) + integer(s) + rest
            return [0x30, UInt8(content.count)] + content
        }
        let malformed: [[UInt8]] = [
            [], [0x30], [0x30, 0x00], [0x31, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01],
            sequence([0], [0]), sequence([1], [0]), sequence([0], [1]),
            sequence([0x80], [1]), sequence([1], [0xFF]),
            sequence([0x00, 0x01], [1]), sequence([1], [0x00, 0x7F]), sequence([], [1]),
            sequence([0x00] + order, [1]), sequence([1], [0x00] + order),
            sequence([0x00] + [UInt8](repeating: 0xFF, count: 32), [1]),
            sequence([0x01] + [UInt8](repeating: 0, count: 32), [1]),
            sequence([1], [1], [0x00]), sequence([1], [1]) + [0x00],
            [0x30, 0x81, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01],
            [0x30, 0x80, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0, 0],
            [0x30, 0x07, 0x02, 0x81, 0x01, 0x01, 0x02, 0x01, 0x01], [0x30, 0x06, 0x03, 0x01, 0x01, 0x02, 0x01, 0x01],
            [0x30, 0x05, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01], [0x30, 0x03, 0x02, 0x01, 0x01],
        ]
        for signature in malformed {
            #expect(code(try verdict(p256) { $0 = signature }) == "signature-malformed", "\(signature.hexadecimal)")
        }
        var belowOrder = order
        belowOrder[31] -= 1
        #expect(code(try verdict(p256) { $0 = sequence([0x00] + belowOrder, [1]) }) == "signature-wrong")
        guard case .p256(let key) = p256 else { return }
        let raw = Array(try key.signature(for: ImageDigest(bytes: ImageForge().digest)).rawRepresentation)
        #expect(code(try verdict(p256) { $0 = raw }) == "signature-malformed")
    }

    @Test("A high s is accepted: signers do not choose")
    func highS() throws {
        let order = [UInt8](hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        let found = try verdict(p256) { der in
            let raw = try ECDSASignatureDER.raw(der)
            var complement = order
            var borrow = 0
            for index in (0..<32).reversed() {
                let difference = Int(order[index]) - Int(raw[32 + index]) - borrow
                borrow = difference < 0 ? 1 : 0
                complement[index] = UInt8(difference & 0xFF)
            }
            der = Array(try P256.Signing.ECDSASignature(rawRepresentation: raw[..<32] + complement).derRepresentation)
        }
        #expect(code(found) == "accepted")
    }

    @Test("A key is its SubjectPublicKeyInfo, uncompressed and whole")
    func keys() throws {
        #expect(try ImageKey(der: ed25519.publicDER).hash == Array(SHA256.hash(data: ed25519.publicDER)))
        #expect(try ImageKey(der: p256.publicDER).hash == Array(SHA256.hash(data: p256.publicDER)))
        guard case .p256(let key) = p256, case .ed25519(let edwards) = ed25519 else { return }
        let compressed =
            [UInt8](hexadecimal: "3039301306072a8648ce3d020106082a8648ce3d030107032200")
            + key.publicKey.compressedRepresentation
        var offCurve = p256.publicDER
        offCurve[offCurve.count - 1] ^= 1
        #expect(throws: ImageKey.Fault.invalid) { try ImageKey(der: offCurve) }
        for bytes in [
            [], compressed, ed25519.publicDER + [0], Array(ed25519.publicDER.dropLast()), p256.publicDER + [0],
            Array(edwards.publicKey.rawRepresentation), Array(key.publicKey.x963Representation),
            Array(key.derRepresentation),
        ] {
            #expect(throws: ImageKey.Fault.unsupported) { try ImageKey(der: bytes) }
        }
    }
}
