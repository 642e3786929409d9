import CORProtocol
import Crypto
import Foundation
import SwiftASN1
import Testing
import UpstreamServer
import X509

/// The receiver without HTTP, so that there can be many tries.
@Suite("Tampering")
struct TamperingTests {
    @Test("Threat 8: one flipped bit anywhere in a batch, and it is not accepted; the true batch still is")
    func threat8FlippedBits() async throws {
        let bench = try await ReceiverBench()
        var hub = bench.hub
        let device = try TestDevice(of: bench.maker)
        let batch = try hub.cut(try device.items(1...1))
        var refusalCount = 0
        for index in batch.bytes.indices {
            var bytes = batch.bytes
            bytes[index] ^= 1 << UInt8(index % 8)
            await #expect(throws: BatchReceptionRefusal.self, "byte \(index)") {
                _ = try await bench.receiver.receive(bytes, from: hub.id)
            }
            refusalCount += 1
        }
        #expect(refusalCount == batch.bytes.count)
        guard case .receipt(let receipt) = try await bench.receiver.receive(batch.bytes, from: hub.id) else {
            Issue.record("the true batch is in conflict")
            return
        }
        #expect(try SignedReceipt(decoding: receipt).receipt.status == .accepted)
    }

    @Test("What OpenSSL says of a hub's certificates: good for their own use and no other")
    func certificatesByOpenSSL() async throws {
        let bench = try await ReceiverBench()
        for (chain, purpose, isGood) in [
            (bench.grant.transportChain, "sslclient", true), (bench.grant.transportChain, "sslserver", false),
            (bench.grant.signingChain, "sslclient", false), (bench.grant.signingChain, "any", true),
        ] {
            let file = bench.path.appending(path: "leaf.pem")
            try chain[0].write(to: file, atomically: true, encoding: .utf8)
            let verified = try? await Subprocess.run([
                "openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", bench.folder.authorityPath,
                file.path(percentEncoded: false),
            ])
            #expect((verified != nil) == isGood, "\(purpose)")
        }
        let text = try await Subprocess.run(
            ["openssl", "x509", "-noout", "-subject"], input: bench.grant.signingChain[0])
        #expect(text.contains("CN = hub-0001") || text.contains("CN=hub-0001"))
    }
}

/// A receiver, a ledger and a hub that enrolled at its desk.
private final class ReceiverBench {
    let path = FileManager.default.temporaryDirectory.appending(path: "corhub-bench-\(UUID().uuidString)")
    let folder: StateFolder
    let maker: TestMaker
    let hub: TestHub
    let grant: EnrolmentGrant
    let receiver: BatchReceiver

    init() async throws {
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        let state = path.appending(path: "state").path(percentEncoded: false)
        try StateFolder.create(at: state, settings: .init(environment: "test", names: ["localhost"]), now: Date())
        folder = try StateFolder(opening: state)
        maker = try TestMaker()
        let desk = try EnrolmentDesk(folder: folder, clock: systemClock)
        let id = try #require(HubID("hub-0001"))
        let token = try await desk.createToken(for: id, lifetime: .seconds(60))
        let key = P256.Signing.PrivateKey()
        grant = try await desk.enrol(
            EnrolmentRequest(transport: try .request(P256.Signing.PrivateKey()), signing: try .request(key)),
            credential: EnrolmentCredential(hub: id, token: token))
        hub = try TestHub(
            key: key, chain: [try Certificate(pemEncoded: grant.signingChain[0]).derBytes()])
        receiver = BatchReceiver(
            folder: folder, inspector: DeviceRecordInspector(anchors: [maker.certificate]), desk: desk,
            ledger: try LedgerDatabase(folder: folder, signer: ReceiptSigner(folder: folder), clock: systemClock),
            clock: systemClock)
    }

    deinit {
        try? FileManager.default.removeItem(at: path)
    }
}
