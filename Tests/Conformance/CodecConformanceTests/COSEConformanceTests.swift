import CBORCoding
import COSESigning
import Crypto
import JSONCoding
import TestSupport
import Testing

@Suite("COSE_Sign1 against pycose and python-cwt", .enabled(if: PythonJudge.isDemanded, "\(PythonJudge.skipReason)"))
struct COSEConformanceTests {
    private static let aad = COSEContext.externalAAD(type: "corhub-batch-v1", environment: "test")

    @Test("What we sign, both libraries verify, and in its own context only")
    func ours() throws {
        let p256 = P256.Signing.PrivateKey()
        let ed25519 = Curve25519.Signing.PrivateKey()
        var lines: [String] = []
        for (protected, unprotected) in Self.headers {
            for payload: [UInt8] in [[], [0xA0], Array(repeating: 0x5A, count: 70_000)] {
                lines.append(
                    try line(
                        "ES256", Array(p256.publicKey.rawRepresentation), payload,
                        COSESign1.signing(
                            payload: payload, protected: protected, unprotected: unprotected, externalAAD: Self.aad,
                            signer: P256COSESigner(p256))))
                lines.append(
                    try line(
                        "EdDSA", Array(ed25519.publicKey.rawRepresentation), payload,
                        COSESign1.signing(
                            payload: payload, protected: protected, unprotected: unprotected, externalAAD: Self.aad,
                            signer: Ed25519COSESigner(ed25519))))
            }
        }
        let count = try PythonJudge.run("cose_judge.py", ["check"], input: lines.joined(separator: "\n"))
        #expect(count == "\(lines.count)\n")
    }

    @Test("What both libraries sign, we verify")
    func theirs() throws {
        let lines = try PythonJudge.run("cose_judge.py", ["emit"]).split(separator: "\n")
        #expect(lines.count == 4)
        for line in lines {
            let entry = try JSONValue.parse(String(line))
            func bytes(_ name: String) throws -> [UInt8] {
                [UInt8](hexadecimal: try #require(entry[name]?.stringValue))
            }
            let key: COSEPublicKey =
                entry["algorithm"] == "ES256"
                ? .p256(try P256.Signing.PublicKey(rawRepresentation: bytes("key")))
                : .ed25519(try Curve25519.Signing.PublicKey(rawRepresentation: bytes("key")))
            let message = try COSESign1(decoding: bytes("message"))
            #expect(message.verification(externalAAD: try bytes("aad"), key: key) == .valid)
            #expect(message.payload == (try bytes("payload")))
        }
    }

    private static let headers: [(protected: COSEHeaders, unprotected: COSEHeaders)] = [
        (.init(), .init(keyID: [1])),
        (.init(keyID: [1, 2], certificateThumbprint: Array(repeating: 9, count: 32)), .init()),
        (
            .init(contentType: .mediaType("application/cbor"), keyID: [3]),
            .init(others: [CBORPair(key: 4242, value: "x")])
        ),
    ]

    private func line(
        _ algorithm: String, _ key: [UInt8], _ payload: [UInt8], _ message: COSESign1
    ) -> String {
        let entry: JSONValue = [
            "algorithm": .string(algorithm), "key": .string(key.hexadecimal), "aad": .string(Self.aad.hexadecimal),
            "payload": .string(payload.hexadecimal), "message": .string(message.encoded().hexadecimal),
        ]
        return entry.serialized()
    }
}
