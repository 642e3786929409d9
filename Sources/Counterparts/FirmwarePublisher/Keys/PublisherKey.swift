import Crypto
import FoundationEssentials
import JSONCoding
import TUFMetadata
import TextEncodings

/// A key that signs metadata: Ed25519, in a file of its own as PKCS#8 in PEM (RFC 8410), as openssl makes them too.
struct PublisherKey: Sendable {
    private static let derHead: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    private static let begin = "-----BEGIN PRIVATE KEY-----"
    private static let end = "-----END PRIVATE KEY-----"

    private let key: Curve25519.Signing.PrivateKey

    init() {
        key = Curve25519.Signing.PrivateKey()
    }

    init?(pem: [UInt8]) {
        let lines = String(decoding: pem, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        guard lines.first == Self.begin, lines.last == Self.end,
            let der = Data(base64Encoded: lines.dropFirst().dropLast().joined()),
            der.count == Self.derHead.count + 32, der.starts(with: Self.derHead),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der.dropFirst(Self.derHead.count))
        else { return nil }
        self.key = key
    }

    var pem: String {
        let der = Data(Self.derHead) + key.rawRepresentation
        return "\(Self.begin)\n\(der.base64EncodedString())\n\(Self.end)\n"
    }

    /// As metadata have it.
    var json: JSONValue {
        [
            "keytype": "ed25519", "scheme": "ed25519",
            "keyval": ["public": .string(Hexadecimal.text(of: key.publicKey.rawRepresentation))],
        ]
    }

    /// SHA-256 of the canonical key (specification §4.2).
    var identifier: String {
        Hexadecimal.text(of: SHA256.hash(data: SignedMetadata.canonical(json)))
    }

    func signature(over message: [UInt8]) throws(PublisherFault) -> String {
        do {
            return Hexadecimal.text(of: try key.signature(for: message))
        } catch {
            throw .unknown("a way to sign: \(error)")
        }
    }
}
