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
        "What is read as a time is written as the same text",
        arguments: [
            "0001-01-01T00:00:00Z", "1015-06-30T00:00:01Z", "1900-02-28T23:59:59Z", "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00Z", "2000-02-29T12:34:56Z", "9999-12-31T23:59:59Z",
        ])
    func timesBothWays(text: String) throws {
        #expect(MetadataTime.text(try #require(MetadataTime.seconds(text))) == text)
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

    private func value(_ text: String) throws -> MetadataValue {
        var reader = CanonicalReader(try CanonicalJSON.form(of: Array(text.utf8)))
        return reader.value()
    }

    @Test("A role's keys are distinct, at most 256, and its threshold is at least 1")
    func roleKeys() throws {
        func keys(_ count: Int, threshold: String) throws -> RoleKeys? {
            let names = (0..<count).map { "\"\($0)\"" }.joined(separator: ",")
            return RoleKeys(try value(#"{"keyids":[\#(names)],"threshold":\#(threshold)}"#))
        }
        #expect(try keys(256, threshold: "1") != nil)
        #expect(try keys(257, threshold: "1") == nil)
        // Nobody can sign for it, and the rest of the metadata may count.
        #expect(try keys(0, threshold: "1") != nil)
        for threshold in ["0", "-1", "\"1\"", "9223372036854775807"] {
            #expect(try keys(1, threshold: threshold) == nil)
        }
        #expect(RoleKeys(try value(#"{"keyids":["a","a"],"threshold":1}"#)) == nil)
        #expect(RoleKeys(try value(#"{"keyids":["a",1],"threshold":1}"#)) == nil)
    }

    @Test("Delegations find the roles of a path by pattern, by hash and by bin, and only those")
    func delegations() throws {
        func names(_ text: String, _ path: String) throws -> [String]? {
            let canonical = try CanonicalJSON.form(of: Array(text.utf8))
            var reader = CanonicalReader(canonical)
            return Delegations(reader.value(), canonical: canonical)?.roles(for: path).map(\.name)
        }
        func listed(_ roles: String) -> String { #"{"keys":{},"roles":[\#(roles)]}"# }
        func role(_ name: String, _ paths: String) -> String {
            #"{"keyids":[],"name":"\#(name)",\#(paths),"terminating":false,"threshold":1}"#
        }
        // SHA-256 of "abc" begins with ba7816bf.
        let roles = [
            role("b", #""paths":["x","a*"]"#), role("a", #""path_hash_prefixes":["0","ba7"]"#),
            role("c", #""path_hash_prefixes":["BA"]"#), role("d", #""paths":[]"#),
        ]
        #expect(try names(listed(roles.joined(separator: ",")), "abc") == ["b", "a"])
        for bits in [1, 4, 5, 8, 32] {
            let first = UInt32(0xBA78_16BF)
            let width = (bits + 3) / 4
            let bin = String(first >> UInt32(32 - bits), radix: 16)
            let name = "p-" + String(repeating: "0", count: width - bin.count) + bin
            let text =
                #"{"keys":{},"succinct_roles":{"bit_length":\#(bits),"keyids":[],"name_prefix":"p","threshold":1}}"#
            #expect(try names(text, "abc") == [name])
        }
        for text in [
            listed(role("root", #""paths":["*"]"#)), listed(role("", #""paths":["*"]"#)),
            listed(role("a", #""paths":["*"]"#) + "," + role("a", #""paths":["*"]"#)),
            listed(role("a", #""paths":["*"],"path_hash_prefixes":["0"]"#)), listed(role("a", #""other":1"#)),
            #"{"keys":{}}"#, #"{"roles":[]}"#,
            #"{"keys":{},"roles":[],"succinct_roles":{"bit_length":1,"keyids":[],"name_prefix":"p","threshold":1}}"#,
            #"{"keys":{},"succinct_roles":{"bit_length":0,"keyids":[],"name_prefix":"p","threshold":1}}"#,
            #"{"keys":{},"succinct_roles":{"bit_length":33,"keyids":[],"name_prefix":"p","threshold":1}}"#,
        ] {
            #expect(try names(text, "abc") == nil, "\(text)")
        }
    }

    @Test("Each hash of a known kind is compared, and one is enough")
    func hashes() throws {
        let bytes = Array("abc".utf8)
        let sha256 = Array(SHA256.hash(data: bytes)).hexadecimal, sha512 = Array(SHA512.hash(data: bytes)).hexadecimal
        func fault(_ text: String) throws -> String? {
            guard let facts = FileFacts(try value(text)) else { return "no facts" }
            do throws(MetadataFault) {
                try facts.check(bytes, name: "a")
                return nil
            } catch {
                return error.code
            }
        }
        #expect(try fault("{}") == nil)
        #expect(try fault(#"{"length":3}"#) == nil)
        #expect(try fault(#"{"length":4}"#) == "length-wrong")
        #expect(try fault(#"{"hashes":{"sha256":"\#(sha256)","sha512":"\#(sha512.uppercased())"}}"#) == nil)
        #expect(try fault(#"{"hashes":{"md5":"0","sha256":"\#(sha256)"}}"#) == nil)
        #expect(try fault(#"{"hashes":{"md5":"0"}}"#) == "hash-wrong")
        #expect(try fault(#"{"hashes":{"sha256":"\#(sha256)","sha512":"\#(sha256)"}}"#) == "hash-wrong")
        for text in [#"{"length":-1}"#, #"{"length":"3"}"#, #"{"hashes":[]}"#, #"{"hashes":{"sha256":1}}"#] {
            #expect(try fault(text) == "no facts")
        }
    }
}
