import CORProtocol
import Foundation
import Testing
import UpstreamServer

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

    @Test("Eight deliveries of one batch at once get one receipt, and it is stored once")
    func deliveredAtOnce() async throws {
        let bench = try await ReceiverBench()
        var hub = bench.hub
        let batch = try hub.cut()
        let receiver = bench.receiver
        let id = hub.id
        let receptions = try await withThrowingTaskGroup(of: BatchReceiver.Reception.self) { tasks in
            for _ in 0..<8 { tasks.addTask { try await receiver.receive(batch.bytes, from: id) } }
            return try await tasks.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(receptions.count == 1)
    }

    @Test("What OpenSSL says of a hub's certificates: good for their own use and no other")
    func certificatesByOpenSSL() async throws {
        let bench = try await ReceiverBench()
        for (chain, purpose, isGood) in [
            (bench.transport, "sslclient", true), (bench.transport, "sslserver", false),
            (bench.signing, "sslclient", false), (bench.signing, "any", true),
        ] {
            let file = bench.path.appending(path: "leaf.pem")
            try chain.write(to: file, atomically: true, encoding: .utf8)
            let verified = try? await Subprocess.run([
                "openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", bench.folder.authorityPath,
                file.path(percentEncoded: false),
            ])
            #expect((verified != nil) == isGood, "\(purpose)")
        }
        let text = try await Subprocess.run(
            ["openssl", "x509", "-noout", "-subject"], input: bench.signing)
        #expect(text.contains("CN = hub-0001") || text.contains("CN=hub-0001"))
    }
}
