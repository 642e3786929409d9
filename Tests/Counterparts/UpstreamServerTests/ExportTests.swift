import CORProtocol
import Foundation
import JSONCoding
import TestSupport
import Testing
import UpstreamServer

@Suite("Receipts as others see them")
struct ExportTests {
    @Test(
        "The independent verifier agrees with every batch and receipt, with inclusion, rejection and gaps",
        .enabled(if: PythonJudge.isDemanded, "\(PythonJudge.skipReason)"))
    func independentVerifier() async throws {
        let bench = try await ReceiverBench()
        let device = try TestDevice(of: bench.maker)
        var hub = bench.hub
        let export = bench.path.appending(path: "export")
        for name in ["batches", "receipts"] {
            try FileManager.default.createDirectory(
                at: export.appending(path: "\(name)/\(hub.epoch.hex)"), withIntermediateDirectories: true)
        }
        var batches = try [
            hub.cut(try device.items(1...3), audit: TestAudit.chain(count: 2)),
            hub.cut(try device.items(6...7)),  // Rejected: 4 and 5 are not named.
            hub.cut(try device.items(8...8), gaps: [.test(device.serial, 4...7, reason: .quarantined)]),
        ]
        for _ in 0..<6 { batches.append(try hub.cut()) }
        var statuses: [ReceiptStatus] = []
        for batch in batches {
            guard case .receipt(let receipt) = try await bench.receiver.receive(batch.bytes, from: hub.id) else {
                Issue.record("conflict")
                return
            }
            statuses.append(try SignedReceipt(decoding: receipt).receipt.status)
            let file = "\(hub.epoch.hex)/\(batch.batch.sequence).cose"
            try Data(batch.bytes).write(to: export.appending(path: "batches/\(file)"))
            try Data(receipt).write(to: export.appending(path: "receipts/\(file)"))
        }
        #expect(statuses.prefix(4) == [.accepted, .rejected, .acceptedWithGaps, .accepted])

        let anchors = export.appending(path: "anchors")
        try FileManager.default.createDirectory(at: anchors, withIntermediateDirectories: true)
        for (name, text) in [
            ("device-ca.pem", try bench.maker.certificate.pemText()), ("upstream-ca.pem", bench.authority),
            ("receipt.pem", bench.receiptCertificate),
        ] {
            try text.write(to: anchors.appending(path: name), atomically: true, encoding: .utf8)
        }
        let description: JSONValue = ["hub": .string(hub.id.text), "environment": "test", "software": "0.1.0"]
        try description.serialized().write(to: export.appending(path: "export.json"), atomically: true, encoding: .utf8)
        let verdict = try PythonJudge.run("verify_export.py", [export.path(percentEncoded: false), "--json"])
        #expect(verdict.contains("\"failures\": []"), "\(verdict)")
    }
}
