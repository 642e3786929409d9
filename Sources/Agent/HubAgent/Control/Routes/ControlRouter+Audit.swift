import CBORCoding
import CORProtocol
import HubCore
import HubStore
import JSONCoding

extension ControlRouter {
    func audit(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        guard let from = UInt64(request.query["from"] ?? "1"), from <= UInt64(Int64.max),
            let countMax = request.count("limit", default: 100, max: 1_000)
        else { throw ControlRefusal(.badRequest("from is a sequence, limit is 1 to 1000")) }
        let found = try await read { (reader) throws(StoreFault) in
            (try reader.audit(from: from, countMax: countMax), try reader.auditHead())
        }
        return [
            "schema": "corhub/audit/1", "head": ["sequence": .count(found.1.sequence), "hash": .hash(found.1.hash)],
            "entries": .array(found.0.map(\.json)),
        ]
    }

    /// Up to 500 entries as their own bytes, one behind the other; empty behind the last.
    func auditEntries(_ request: ControlRequest) async throws(ControlRefusal) -> ControlAnswer {
        guard let from = UInt64(request.query["from"] ?? "1"), from <= UInt64(Int64.max) else {
            throw ControlRefusal(.badRequest("from is a sequence"))
        }
        let entries = try await read { (reader) throws(StoreFault) in try reader.audit(from: from, countMax: 500) }
        return .bytes(entries.flatMap { $0.encoded() }, contentType: "application/cbor-seq")
    }

    func monitor() throws(ControlRefusal) -> ControlAnswer {
        guard let events = context.services.events.watch() else {
            throw ControlRefusal(.tooManyWatchers)
        }
        let (stream, continuation) = AsyncStream.makeStream(
            of: JSONValue.self, bufferingPolicy: .bufferingNewest(256))
        let task = Task {
            for await event in events {
                continuation.yield(event.json)
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return .lines(stream)
    }
}
