import CORProtocol
import Crypto
import Foundation
import JSONCoding
import Logging
import ServiceLifecycle
import SwiftASN1
import Testing
import UpstreamServer
import X509

/// A whole upstream on loopback, with a maker, and with what an enrolled hub and an operator hold.
struct TestUpstream {
    let path: URL
    let folder: StateFolder
    let maker: TestMaker
    let peer: Peer
    let desk: EnrolmentDesk

    /// Starts an upstream, runs `body`, and stops it.
    static func with(clock: @escaping UpstreamClock = systemClock, _ body: (TestUpstream) async throws -> Void)
        async throws
    {
        let path = FileManager.default.temporaryDirectory.appending(path: "corhub-upstream-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: path) }
        let state = path.appending(path: "state").path(percentEncoded: false)
        try StateFolder.create(
            at: state, settings: .init(environment: "test", names: ["localhost", "127.0.0.1"]),
            now: Date(milliseconds: clock()))
        let folder = try StateFolder(opening: state)
        let maker = try TestMaker()
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let service = try UpstreamService(
            folder: folder,
            configuration: UpstreamConfiguration(host: "127.0.0.1", port: 0, deviceAnchors: [maker.certificate]),
            clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { continuation.yield($0) }
        let group = ServiceGroup(services: [service], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            for await port in ports {
                let process = try PeerProcess()
                try await body(
                    TestUpstream(
                        path: path, folder: folder, maker: maker,
                        peer: Peer(
                            url: "https://localhost:\(port)", authority: folder.authorityPath, folder: path,
                            process: process),
                        desk: try EnrolmentDesk(folder: folder, clock: clock)))
                await process.end()
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// A hub that enrolled over HTTPS with keys and requests that OpenSSL made.
    func enrolledHub(_ name: String = "hub-0001") async throws -> (hub: TestHub, identity: Peer.Identity) {
        let token = try await desk.createToken(for: try #require(HubID(name)), lifetime: .seconds(3600))
        let transport = try await makeRequest("\(name)-tls")
        let signing = try await makeRequest("\(name)-signing")
        let answer = try await enrol(name, token: token.text, request: transport.request)
        #expect(answer.status == 200)
        let identity = Peer.Identity(
            certificate: try write(try answer.certificate, to: "\(name)-tls.pem"), key: transport.key)
        let signed = try await est("signing/simpleenroll", request: signing.request, as: identity)
        #expect(signed.status == 200)
        let key = try P256.Signing.PrivateKey(
            pemRepresentation: try String(contentsOfFile: signing.key, encoding: .utf8))
        return (try TestHub(name, key: key, chain: [signed.certificate]), identity)
    }

    /// Writes a certificate as PEM and returns where.
    func write(_ der: [UInt8], to name: String) throws -> String {
        let file = path.appending(path: name)
        let pem = PEMDocument(type: "CERTIFICATE", derBytes: der).pemString + "\n"
        try pem.write(to: file, atomically: true, encoding: .utf8)
        return file.path(percentEncoded: false)
    }

    /// A key and a certificate request, made by OpenSSL; the subject is a lie on purpose.
    func makeRequest(_ name: String) async throws -> (key: String, request: [UInt8]) {
        let key = path.appending(path: "\(name).key").path(percentEncoded: false)
        let request = path.appending(path: "\(name).csr").path(percentEncoded: false)
        _ = try await Subprocess.run([
            "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-subj", "/CN=somebody-else", "-outform", "DER", "-out", request,
        ])
        return (key, Array(try Data(contentsOf: URL(filePath: request))))
    }

    /// simpleenroll with HTTP Basic.
    func enrol(_ hub: String, token: String, request: [UInt8]) async throws -> Peer.Answer {
        try await est(
            "simpleenroll", request: request,
            headers: ["authorization": "Basic " + Data("\(hub):\(token)".utf8).base64EncodedString()])
    }

    /// Posts a PKCS#10 request to an EST operation.
    func est(
        _ operation: String, request: [UInt8], as identity: Peer.Identity? = nil, headers: [String: String] = [:]
    ) async throws -> Peer.Answer {
        try await peer.send(
            "POST", "/.well-known/est/\(operation)", as: identity,
            body: Array(Data(request).base64EncodedString().utf8),
            headers: headers.merging(["content-type": "application/pkcs10"]) { own, _ in own })
    }

    func operatorIdentity(_ name: String = "alice") async throws -> Peer.Identity {
        let files = try await desk.createOperator(
            name: name, into: path.appending(path: "operators").path(percentEncoded: false))
        return Peer.Identity(certificate: files.certificate, key: files.key)
    }
}
