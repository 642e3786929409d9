import CORProtocol
import Crypto
import Foundation
import HubCore
import PeerFixtures
import UpstreamClient

/// The scripted peer of Peers/peer.py.
enum Peer {
    static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Peers/peer.py")
        .path(percentEncoded: false)

    /// Plain HTTP on a unix-domain socket, and the endpoint to reach it.
    static func unix(
        _ behaviour: String, in folder: TemporaryFolder, _ arguments: [String] = []
    ) throws -> (peer: PeerProcess, endpoint: HTTPEndpoint) {
        let path = folder.file("peer.sock")
        let peer = try PeerProcess.python(script, [behaviour, "--unix", path] + arguments, in: folder)
        return (peer, .unixSocket(path: path))
    }
}

/// What peer.py's `echo` says it received.
struct Echo: Decodable {
    var connection: Int
    var request: Int
    var line: String
    var fields: [String: String]
    var length: Int
    var body: String
    var version: String?
    var subject: [[String]]?

    init(_ response: HTTPResponse) throws {
        self = try JSONDecoder().decode(Echo.self, from: Data(response.body))
    }
}

/// A hub's key from an openssl PEM file.
struct PEMHubKey: HubKey {
    let use = HubKeyUse.tls
    let protection = KeyProtection.file
    let privateKey: P256.Signing.PrivateKey

    init(pem: String) throws {
        privateKey = try P256.Signing.PrivateKey(pemRepresentation: pem)
    }

    var publicKey: [UInt8] { Array(privateKey.publicKey.x963Representation) }

    func signature(for message: [UInt8]) throws(KeyStoreFault) -> [UInt8] {
        do {
            return Array(try privateKey.signature(for: message).rawRepresentation)
        } catch {
            throw .signingFailed(use: use)
        }
    }
}

/// A clock that stands.
struct FixedClock: HubClockReading {
    func now() -> TimeBlock {
        TimeBlock(
            bootID: [UInt8](repeating: 0, count: 16), boottimeNanoseconds: 0, wallMilliseconds: 0, sync: .never,
            rtcPresent: false)
    }
}

extension HTTPLimits {
    /// Small enough that a test of a length does not last.
    static var small: HTTPLimits {
        var limits = HTTPLimits()
        limits.bodyLengthMax = 4096
        limits.lineLengthMax = 4096
        return limits
    }

    /// Short enough that a test of a time-out does not last; for those alone, since a busy machine may be slow.
    static var hasty: HTTPLimits {
        var limits = small
        limits.connectTimeout = .milliseconds(500)
        limits.handshakeTimeout = .milliseconds(500)
        limits.responseTimeout = .milliseconds(500)
        return limits
    }
}
