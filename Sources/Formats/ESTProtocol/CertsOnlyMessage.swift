import SwiftASN1

/// A certs-only CMC Simple PKI Response: CMS SignedData without signers that carries certificates (RFC 7030 §4.1.3,
/// RFC 5652 §5.1, RFC 8551 §3.8).
///
/// The set has no order: whoever reads it looks for the certificate that it wants.
package struct CertsOnlyMessage: Sendable, Hashable {
    package static let lengthMax = 65_536
    package static let certificateCountMax = 16

    /// DER, each one certificate.
    package let certificates: [[UInt8]]

    /// - Parameter certificates: DER. Throws `.certificateCount` for none, or more than the maximum.
    package init(certificates: [[UInt8]]) throws(ESTError) {
        guard (1...Self.certificateCountMax).contains(certificates.count) else {
            throw .certificateCount(certificates.count)
        }
        self.certificates = certificates
    }

    /// Takes BER too, since some servers write indefinite lengths; the certificates themselves must be DER. Certificate
    /// lists and signers are passed over: trust comes from TLS (RFC 7030 §4.1.3).
    package init(decoding bytes: [UInt8]) throws(ESTError) {
        guard bytes.count <= Self.lengthMax else { throw .tooLong(lengthMax: Self.lengthMax) }
        let content: [ASN1Node]
        do {
            content = try Self.certificateNodes(of: try BER.parse(bytes))
        } catch let error as ESTError {
            throw error
        } catch {
            throw .notSignedData
        }
        guard (1...Self.certificateCountMax).contains(content.count) else { throw .certificateCount(content.count) }
        certificates = content.map { Array($0.encodedBytes) }
    }

    /// DER.
    package func encoded() throws(ESTError) -> [UInt8] {
        var serializer = DER.Serializer()
        do {
            try serializer.appendConstructedNode(identifier: .sequence) { info in
                try info.serialize(Self.signedData)
                try info.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { wrapped in
                    try wrapped.appendConstructedNode(identifier: .sequence) { signed in
                        // RFC 5652 §5.1: version 1 where there are no signers and no other certificates than X.509.
                        try signed.serialize(1)
                        signed.appendConstructedNode(identifier: .set) { _ in }
                        try signed.appendConstructedNode(identifier: .sequence) { try $0.serialize(Self.data) }
                        try signed.serializeSetOf(
                            certificates.map(EncodedCertificate.init),
                            identifier: ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific))
                        signed.appendConstructedNode(identifier: .set) { _ in }
                    }
                }
            }
        } catch {
            throw .notCertificates
        }
        return serializer.serializedBytes
    }

    /// RFC 5652 §5.1 and §4: id-signedData, id-data.
    private static let signedData: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 2]
    private static let data: ASN1ObjectIdentifier = [1, 2, 840, 113_549, 1, 7, 1]

    private static func certificateNodes(of root: ASN1Node) throws -> [ASN1Node] {
        try BER.sequence(root, identifier: .sequence) { info in
            guard try ASN1ObjectIdentifier(berEncoded: &info) == signedData else { throw ESTError.notSignedData }
            return try BER.explicitlyTagged(&info, tagNumber: 0, tagClass: .contextSpecific) { signed in
                try BER.sequence(signed, identifier: .sequence) { parts in
                    _ = try Int(berEncoded: &parts)
                    // Digest algorithms and the (empty) content.
                    guard parts.next() != nil, parts.next() != nil else { throw ESTError.notSignedData }
                    let found = try BER.optionalImplicitlyTagged(
                        &parts, tagNumber: 0, tagClass: .contextSpecific
                    ) { set in
                        guard case .constructed(let nodes) = set.content else { throw ESTError.notSignedData }
                        return Array(nodes)
                    }
                    while parts.next() != nil {}
                    return found ?? []
                }
            }
        }
    }
}

/// Certificates as they came, in DER.
private struct EncodedCertificate: DERSerializable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func serialize(into coder: inout DER.Serializer) throws {
        try coder.serialize(try ASN1Any(derEncoded: bytes))
    }
}
