import CBORCoding
import COSESigning
import Crypto
import Foundation
import JSONCoding
import TestSupport
import Testing

/// The COSE working group's COSE_Sign1 examples: firmware-specs/vectors/cose.
@Suite("COSE_Sign1 vectors")
struct COSEVectorTests {
    private struct Vector {
        let message: [UInt8]
        let toBeSigned: [UInt8]
        let externalAAD: [UInt8]
        let key: COSEPublicKey

        init(_ name: String) throws {
            let file = try JSONValue.parse(PackageFolder.vector("cose/\(name).json"))
            let sign = try #require(file["input"]?["sign0"])
            message = [UInt8](hexadecimal: try #require(file["output"]?["cbor"]?.stringValue))
            toBeSigned = [UInt8](hexadecimal: try #require(file["intermediates"]?["ToBeSign_hex"]?.stringValue))
            externalAAD = [UInt8](hexadecimal: sign["external"]?.stringValue ?? "")
            let coordinates = try ["x", "y"].flatMap { name in
                let text = try #require(sign["key"]?[name]?.stringValue)
                let base64 = text.replacing("-", with: "+").replacing("_", with: "/") + "="
                return Array(try #require(Data(base64Encoded: base64)))
            }
            key = .p256(try P256.Signing.PublicKey(rawRepresentation: coordinates))
        }
    }

    @Test("sign-pass-01: the algorithm is not protected, so it is refused; an empty header is signed as no bytes")
    func pass01() throws {
        let vector = try Vector("sign-pass-01")
        #expect(throws: COSEError.algorithmNotProtected) { try COSESign1(decoding: vector.message) }
        guard case .tag(18, .array(let parts)) = try CBORValue.decode(vector.message) else {
            Issue.record("no COSE_Sign1")
            return
        }
        let message = COSESign1.toBeSigned(
            protectedBytes: try #require(parts[0].bytesValue), payload: try #require(parts[2].bytesValue),
            externalAAD: [])
        #expect(message == vector.toBeSigned)
        #expect(vector.key.isValidSignature(try #require(parts[3].bytesValue), for: message))
    }

    @Test("sign-pass-02: the signature is valid in its context and in no other")
    func pass02() throws {
        let vector = try Vector("sign-pass-02")
        let message = try COSESign1(decoding: vector.message)
        #expect(message.encoded() == vector.message)
        #expect(message.protected == COSEHeaders(algorithm: .es256))
        #expect(message.unprotected == COSEHeaders(keyID: Array("11".utf8)))
        #expect(message.payload == Array("This is the content.".utf8))
        let toBeSigned = COSESign1.toBeSigned(
            protectedBytes: message.protectedBytes, payload: message.payload ?? [], externalAAD: vector.externalAAD)
        #expect(toBeSigned == vector.toBeSigned)
        #expect(message.verification(externalAAD: vector.externalAAD, key: vector.key) == .valid)
        #expect(message.verification(externalAAD: [], key: vector.key) == .refused(.signatureWrong))
    }

    @Test("sign-pass-03: without its tag a message is refused; with it the signature is valid")
    func pass03() throws {
        let vector = try Vector("sign-pass-03")
        #expect(throws: COSEError.untagged) { try COSESign1(decoding: vector.message) }
        let message = try COSESign1(decoding: [0xD2] + vector.message)
        #expect(message.verification(externalAAD: [], key: vector.key) == .valid)
    }

    @Test(
        "sign-fail-01, 03, 04: a wrong tag and unknown algorithms are refused as they are read",
        arguments: [
            ("sign-fail-01", .wrongTag(998)), ("sign-fail-03", .unsupportedAlgorithm),
            ("sign-fail-04", .unsupportedAlgorithm),
        ] as [(String, COSEError)])
    func refused(_ name: String, _ error: COSEError) throws {
        let vector = try Vector(name)
        #expect(throws: error) { try COSESign1(decoding: vector.message) }
    }

    @Test(
        "sign-fail-02, 06, 07: a changed payload and a changed header break the signature",
        arguments: ["sign-fail-02", "sign-fail-06", "sign-fail-07"])
    func notVerified(_ name: String) throws {
        let vector = try Vector(name)
        let message = try COSESign1(decoding: vector.message)
        #expect(message.verification(externalAAD: [], key: vector.key) == .refused(.signatureWrong))
    }
}
