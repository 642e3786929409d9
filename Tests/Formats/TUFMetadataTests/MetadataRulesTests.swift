import Crypto
import CryptoExtras
import TestSupport
import Testing

@testable import TUFMetadata

@Suite("Times, patterns and keys of metadata")
struct MetadataRulesTests {
    @Test("A time has one form, and is of a day that exists")
    func times() {
        #expect(MetadataTime.seconds("1970-01-01T00:00:00Z") == 0)
        #expect(MetadataTime.seconds("2000-02-29T23:59:59Z") == 951_868_799)
        #expect(MetadataTime.seconds("2030-01-31T12:00:00Z") == 1_896_091_200)
        #expect(MetadataTime.seconds("9999-12-31T23:59:59Z") == 253_402_300_799)
        #expect(MetadataTime.seconds("1969-12-31T23:59:59Z") == -1)
        for text in [
            "", "2030-01-31", "2030-01-31T12:00:00", "2030-01-31 12:00:00Z", "2030-01-31T12:00:00.0Z",
            "2030-01-31T12:00:00+00:00",
            "2030-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2030-04-31T00:00:00Z", "2030-13-01T00:00:00Z",
            "2030-00-01T00:00:00Z",
            "2030-01-00T00:00:00Z", "2030-01-01T24:00:00Z", "2030-01-01T00:60:00Z", "2030-01-01T00:00:60Z",
            "+030-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
        ] {
            #expect(MetadataTime.seconds(text) == nil, "\(text)")
        }
    }

    @Test(
        "A pattern stands for parts of a path, and never for a slash",
        arguments: [
            ("*", "a", true), ("*", "a/b", false), ("*", "", true), ("a/*", "a/b", true), ("a/*", "a/b/c", false),
            ("*/*", "a/b", true),
            ("foo-?.tgz", "foo-1.tgz", true), ("foo-?.tgz", "foo-12.tgz", false), ("foo-?.tgz", "foo-/.tgz", false),
            ("?", "é", true),
            ("*.md", "A.MD", false), ("*.md", "a.md", true), ("a*b*c", "aXbYc", true), ("a*b*c", "aXbY", false),
            ("a**b", "ab", true),
            ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true), ("[]]", "]", true),
            ("[a", "[a", true),
            ("[a", "a", false), ("a", "a/", false), ("a/", "a/", true), ("", "", true), ("", "a", false),
            (".", "x", false),
        ])
    func patterns(pattern: String, path: String, matches: Bool) {
        #expect(PathPattern(pattern).matches(path) == matches)
    }

    @Test("A pattern of many stars takes no longer than its lengths")
    func manyStars() {
        let pattern = PathPattern(String(repeating: "*a", count: 300) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 600)))
    }

    private func key(_ type: String, _ scheme: String, _ text: String) -> MetadataKey? {
        let value =
            #"{"keytype":"\#(type)","keyval":{"public":"\#(text.replacing("\n", with: "\\n"))"},"scheme":"\#(scheme)"}"#
        guard let canonical = try? CanonicalJSON.form(of: Array(value.utf8)) else { return nil }
        var reader = CanonicalReader(canonical)
        return MetadataKey(reader.value())
    }

    @Test("Keys of the three kinds verify what they have signed, and nothing else")
    func kinds() throws {
        let message = Array("message".utf8)
        let ed25519 = Curve25519.Signing.PrivateKey()
        let p256 = P256.Signing.PrivateKey()
        let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let point = Array(ed25519.publicKey.rawRepresentation).hexadecimal
        let kinds: [(MetadataKey?, [UInt8])] = [
            (key("ed25519", "ed25519", point), Array(try ed25519.signature(for: message))),
            (
                key("ecdsa", "ecdsa-sha2-nistp256", p256.publicKey.pemRepresentation),
                Array(try p256.signature(for: message).derRepresentation)
            ),
            (
                key("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", p256.publicKey.pemRepresentation),
                Array(try p256.signature(for: message).derRepresentation)
            ),
            (
                key("rsa", "rsassa-pss-sha256", rsa.publicKey.pemRepresentation),
                Array(try rsa.signature(for: message, padding: .PSS).rawRepresentation)
            ),
        ]
        for (key, signature) in kinds {
            let key = try #require(key)
            #expect(key.hasSigned(message, signature))
            #expect(!key.hasSigned(message + [0], signature))
            #expect(!key.hasSigned(message, []))
            #expect(!key.hasSigned(message, signature.dropLast()))
            var flipped = signature
            flipped[signature.count - 1] ^= 1
            #expect(!key.hasSigned(message, flipped))
        }
        let pkcs1 = Array(try rsa.signature(for: message, padding: .insecurePKCS1v1_5).rawRepresentation)
        #expect(try #require(kinds[3].0).hasSigned(message, pkcs1) == false)
    }

    @Test("Other keys cannot be used")
    func unusable() throws {
        let point = Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation).hexadecimal
        let p256 = P256.Signing.PrivateKey().publicKey.pemRepresentation
        let p384 = P384.Signing.PrivateKey().publicKey.pemRepresentation
        let short = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1_024)).publicKey.pemRepresentation
        #expect(key("ed25519", "ed25519", point) != nil)
        for (type, scheme, text) in [
            ("ed25519", "ed25519ph", point), ("ed25519", "ed25519", String(point.dropLast(2))),
            ("ed25519", "ed25519", point + "00"),
            ("ed448", "ed448", point), ("ecdsa", "ecdsa-sha2-nistp384", p384), ("ecdsa", "ecdsa-sha2-nistp256", p384),
            ("ecdsa", "ecdsa-sha2-nistp256", point), ("rsa", "rsassa-pss-sha256", short),
            ("rsa", "rsassa-pss-sha256", p256),
            ("rsa", "rsa-pkcs1v15-sha256", p256), ("", "", ""),
        ] {
            #expect(key(type, scheme, text) == nil, "\(type) \(scheme)")
        }
    }
}
