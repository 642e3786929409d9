import CORProtocol
import HubCore
import HubStore
import JSONCoding
import KeyStore

extension ControlRouter {
    func batches(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        guard let after = UInt64(request.query["after"] ?? "0"), after <= UInt64(Int64.max) else {
            throw ControlRefusal(.badRequest("after is a batch number"))
        }
        let batches = try await read { (reader) throws(StoreFault) in try reader.batches(after: after) }
        return [
            "schema": "corhub/batches/1",
            "batches": .array(
                batches.map { batch in
                    var members = batch.json.objectValue ?? []
                    members.insert(JSONMember(name: "number", value: .count(batch.number)), at: 0)
                    return .object(members)
                }),
        ]
    }

    /// The signed batch as it goes upstream.
    func batch(_ epoch: String, _ sequence: String) async throws(ControlRefusal) -> ControlAnswer {
        let position = try position(epoch, sequence)
        let row = try await read { (reader) throws(StoreFault) in try reader.batch(position) }
        guard let bytes = row?.bytes else { throw ControlRefusal(.notFound("batch \(epoch)/\(sequence)")) }
        return .bytes(bytes, contentType: "application/cose")
    }

    /// The signed receipt as it came.
    func receipt(_ epoch: String, _ sequence: String) async throws(ControlRefusal) -> ControlAnswer {
        let position = try position(epoch, sequence)
        let receipt = try await read { (reader) throws(StoreFault) in try reader.receipt(position) }
        guard let receipt else { throw ControlRefusal(.notFound("receipt \(epoch)/\(sequence)")) }
        return .bytes(receipt.bytes, contentType: "application/cose")
    }

    /// What the signatures rest on, for whoever verifies an export elsewhere.
    func anchors() -> JSONValue {
        [
            "schema": "corhub/anchors/1", "hub": .string(context.identity.hubID.text),
            "environment": .string(context.identity.environment),
            "upstream_ca": .array(context.identity.upstreamCA.map { .string($0.hexadecimal) }),
            "receipt_certificate": .string(context.identity.receiptCertificate.hexadecimal),
            "device_ca": .array(context.deviceAnchors.map { .string($0.hexadecimal) }),
            "software": .string(CorhubVersion.text),
        ]
    }

    func position(_ epoch: String, _ sequence: String) throws(ControlRefusal) -> BatchPosition {
        guard let epoch = Epoch(hex: epoch), let sequence = UInt64(sequence), sequence <= UInt64(Int64.max) else {
            throw ControlRefusal(.badRequest("a batch is named by its epoch (32 hexadecimal digits) and sequence"))
        }
        return BatchPosition(epoch: epoch, sequence: sequence)
    }

    /// Every row, the audit chain and the batch chain: progress lines, then the report.
    func verification() -> AsyncStream<JSONValue> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: JSONValue.self, bufferingPolicy: .bufferingNewest(256))
        let store = context.store
        let task = Task {
            do throws(StoreFault) {
                let report = try await store.verifyAll { progress in
                    continuation.yield(
                        [
                            "event": "progress", "checked": .count(progress.rowsChecked),
                            "total": .count(progress.rowsTotal),
                        ])
                }
                continuation.yield(
                    [
                        "event": "report", "sound": .bool(report.isSound), "rows": .count(report.rowCount),
                        "payloads": .count(report.payloadCount), "audit_entries": .count(report.auditEntryCount),
                        "batches": .count(report.batchCount),
                        "damages": .texts(report.damages.map { "\($0)" }),
                    ])
            } catch {
                continuation.yield(["event": "failed", "message": .string(error.explanation)])
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }
}
