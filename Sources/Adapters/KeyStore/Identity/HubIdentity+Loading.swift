package import CORProtocol
import COSESigning
import Crypto
import FoundationEssentials
package import HubCore
import JSONCoding
import X509

extension HubIdentity {
    /// Reads the folder and checks that its parts belong together: each key to its certificate, each certificate to
    /// the hub of `hub.json`. Whether the certificates are still valid is asked when they are used.
    ///
    /// Where power failed while a key was replaced, the certificate says which key is in use, and the replacement is brought
    /// to its end.
    package init(folder: HubIdentityFolder, keys: some KeyStorePort) throws(IdentityFault) {
        let description = try HubDescription(reading: folder)
        let tls = try Self.credential(.tls, chain: .tlsChain, of: description.hubID, folder, keys)
        let signing = try Self.credential(.signing, chain: .signingChain, of: description.hubID, folder, keys)
        let receipt = try Self.receiptCertificate(folder)
        let upstreamCA = try Self.certificates(.upstreamCA, folder)

        self.init(
            hubID: description.hubID,
            environment: description.environment,
            upstreamURL: description.upstreamURL,
            tls: tls,
            signing: signing,
            earlierSigning: try folder.certificatesIfPresent(.earlierSigning),
            upstreamCA: upstreamCA.der,
            receiptCertificate: receipt.der,
            receiptKey: .p256(receipt.key),
            receiptLogID: SHA256Hash.of(Array(receipt.key.derRepresentation)))
    }

    private static func credential(
        _ use: HubKeyUse, chain file: HubIdentityFolder.File, of hubID: HubID, _ folder: HubIdentityFolder,
        _ keys: some KeyStorePort
    ) throws(IdentityFault) -> Credential {
        let held: [any HubKey]
        do throws(KeyStoreFault) {
            held = try keys.keys(for: use)
        } catch {
            throw .key(error)
        }
        let (leaf, chain) = try certificates(file, folder)
        guard let certified = P256.Signing.PublicKey(leaf.publicKey) else {
            throw .malformed(path: folder.path(of: file), reason: "the certificate's key is not on P-256")
        }
        guard let key = held.first(where: { $0.publicKey == Array(certified.x963Representation) }) else {
            throw .keyMismatch(certificatePath: folder.path(of: file), use: use)
        }
        guard leaf.subject.commonName == hubID.text else {
            throw .hubMismatch(certificatePath: folder.path(of: file), expected: hubID.text)
        }
        do throws(KeyStoreFault) {
            try keys.adopt(key)
        } catch {
            throw .key(error)
        }
        return Credential(key: key, chain: chain, life: CertificateLife(leaf))
    }

    private static func receiptCertificate(
        _ folder: HubIdentityFolder
    ) throws(IdentityFault) -> (der: [UInt8], key: P256.Signing.PublicKey) {
        let (leaf, chain) = try certificates(.receiptCertificate, folder)
        guard let key = P256.Signing.PublicKey(leaf.publicKey), let der = chain.first else {
            throw .malformed(
                path: folder.path(of: .receiptCertificate), reason: "the certificate's key is not on P-256")
        }
        return (der, key)
    }

    private static func certificates(
        _ file: HubIdentityFolder.File, _ folder: HubIdentityFolder
    ) throws(IdentityFault) -> (leaf: Certificate, der: [[UInt8]]) {
        guard let parsed = PEMCertificates.parse(try folder.read(file)), let leaf = parsed.certificates.first else {
            throw .malformed(path: folder.path(of: file), reason: "no certificates in PEM form")
        }
        return (leaf, parsed.der)
    }
}

extension HubIdentityFolder {
    /// Who this hub is enrolled as.
    package func enrolledHub() throws(IdentityFault) -> HubID { try HubDescription(reading: self).hubID }
}

/// `hub.json`: {"hub", "environment", "upstream"}, nothing else.
private struct HubDescription {
    static let environmentLengthMax = 64

    let hubID: HubID
    let environment: String
    let upstreamURL: String

    init(reading folder: HubIdentityFolder) throws(IdentityFault) {
        let path = folder.path(of: .hub)
        let value: JSONValue
        let bytes = try folder.read(.hub)
        do throws(JSONError) {
            value = try JSONValue.parse(bytes)
        } catch {
            throw .malformed(path: path, reason: "\(error)")
        }
        for member in value.objectValue ?? [] where !["hub", "environment", "upstream"].contains(member.name) {
            throw .malformed(path: path, reason: "unknown member \"\(member.name)\"")
        }
        guard let hub = value["hub"]?.stringValue, let hubID = HubID(hub) else {
            throw .malformed(path: path, reason: "\"hub\" is no hub id")
        }
        guard
            let environment = value["environment"]?.stringValue,
            (1...Self.environmentLengthMax).contains(environment.utf8.count)
        else {
            throw .malformed(path: path, reason: "\"environment\" is missing or longer than 64 bytes")
        }
        guard let upstreamURL = value["upstream"]?.stringValue else {
            throw .malformed(path: path, reason: "\"upstream\" is missing")
        }
        self.hubID = hubID
        self.environment = environment
        self.upstreamURL = upstreamURL
    }
}
