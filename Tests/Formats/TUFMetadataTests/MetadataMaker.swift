import Crypto
import TestSupport

/// Makes a small repository's metadata, in canonical form, with one key for all roles.
struct MetadataMaker {
    private let key = Curve25519.Signing.PrivateKey()
    let targetHash = Array(SHA256.hash(data: Array("abc".utf8))).hexadecimal

    private func member(_ key: Curve25519.Signing.PrivateKey) -> (name: String, value: String) {
        let point = Array(key.publicKey.rawRepresentation).hexadecimal
        let value = #"{"keytype":"ed25519","keyval":{"public":"\#(point)"},"scheme":"ed25519"}"#
        return (Array(SHA256.hash(data: Array(value.utf8))).hexadecimal, value)
    }

    private func envelope(_ signed: String, _ signers: [Curve25519.Signing.PrivateKey]) throws -> [UInt8] {
        let signatures = try signers.map { key in
            #"{"keyid":"\#(member(key).name)","sig":"\#(Array(try key.signature(for: Array(signed.utf8))).hexadecimal)"}"#
        }
        return Array(#"{"signatures":[\#(signatures.joined(separator: ","))],"signed":\#(signed)}"#.utf8)
    }

    private static let expiry = "2040-01-01T00:00:00Z"

    func root(
        version: Int = 1, expires: String = expiry, timestampKey: Curve25519.Signing.PrivateKey? = nil,
        signer: Curve25519.Signing.PrivateKey? = nil
    ) throws -> [UInt8] {
        let own = member(key), timestamp = member(timestampKey ?? key)
        let keys = (timestampKey == nil ? [own] : [own, timestamp].sorted { $0.name < $1.name })
            .map { #""\#($0.name)":\#($0.value)"# }.joined(separator: ",")
        let roles = [("root", own), ("snapshot", own), ("targets", own), ("timestamp", timestamp)]
            .map { #""\#($0.0)":{"keyids":["\#($0.1.name)"],"threshold":1}"# }.joined(separator: ",")
        return try envelope(
            #"{"_type":"root","consistent_snapshot":true,"expires":"\#(expires)","keys":{\#(keys)},"roles":{\#(roles)},"#
                + #""spec_version":"1.0.34","version":\#(version)}"#, [signer ?? key])
    }

    func timestamp(expires: String = expiry) throws -> [UInt8] {
        try list("timestamp", of: "snapshot", expires: expires)
    }

    func snapshot() throws -> [UInt8] {
        try list("snapshot", of: "targets", expires: Self.expiry)
    }

    private func list(_ role: String, of listed: String, expires: String) throws -> [UInt8] {
        try envelope(
            #"{"_type":"\#(role)","expires":"\#(expires)","meta":{"\#(listed).json":{"version":1}},"#
                + #""spec_version":"1.0.34","version":1}"#, [key])
    }

    func targets() throws -> [UInt8] {
        try envelope(
            #"{"_type":"targets","expires":"\#(Self.expiry)","spec_version":"1.0.34","targets":{"a/b c.bin":"#
                + #"{"hashes":{"sha256":"\#(targetHash)"},"length":3}},"version":1}"#, [key])
    }
}
