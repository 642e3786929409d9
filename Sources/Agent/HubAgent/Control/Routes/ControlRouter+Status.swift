import CORProtocol
import HubCore
import HubStore
import JSONCoding
import KeyStore

extension ControlRouter {
    func status() async throws(ControlRefusal) -> JSONValue {
        let (buffer, storage) = try await bufferAndStorage()
        return [
            "schema": "corhub/status/1", "version": .string(CorhubVersion.text),
            "build": .string(CorhubVersion.buildText),
            "hub": .string(context.identity.hubID.text), "environment": .string(context.identity.environment),
            "upstream": .string(context.identity.upstreamURL),
            "key_protection": .string(context.identity.keyProtection.rawValue),
            "storage_key": [
                "id": .string(context.store.key.id.hexadecimal),
                "protection": .string(context.store.key.protection.rawValue),
            ],
            "sandbox": context.services.sandbox.json,
            "time": context.services.clock.now().json,
            "clock_trust": context.services.clockWitness.trust.json(at: context.services.clock.now()),
            "forwarding": context.services.board.forwarding.json,
            "links": .array(context.services.board.connections.map(\.json)),
            "buffer": buffer.json, "storage": storage,
            "configuration": [
                "fault": .text(context.settings.fault), "waiting": .texts(context.settings.waiting),
                "hash": .string(context.settings.hash.hex),
            ],
            "certificates": .array(
                [HubKeyUse.tls, .signing].map {
                    [
                        "use": .string($0.rawValue),
                        "end_ms": .integer(context.identity.credential(for: $0).life.endMilliseconds),
                    ]
                }),
        ]
    }

    func buffer() async throws(ControlRefusal) -> JSONValue {
        let (buffer, storage) = try await bufferAndStorage()
        return [
            "schema": "corhub/buffer/1", "buffer": buffer.json, "storage": storage,
            "forwarding": context.services.board.forwarding.json,
        ]
    }
}

extension ControlRouter {
    private func bufferAndStorage() async throws(ControlRefusal) -> (buffer: BufferStatus, storage: JSONValue) {
        let (buffer, usage, statistics) = try await read { (reader) throws(StoreFault) in
            (try reader.bufferStatus(), try reader.usage(), reader.statistics)
        }
        let quota = context.configuration.quota
        let forecast = StorageForecast(
            usage: usage, quota: quota, written: statistics.writtenLength, stored: statistics.storedLength,
            elapsed: statistics.elapsed)
        return (
            buffer,
            [
                "pressure": .string(quota.pressure(of: usage).rawValue), "used_length": .count(usage.usedLength),
                "limit_length": .count(quota.limit(of: usage)), "written_length": .count(statistics.writtenLength),
                "sync_count": .count(statistics.syncCount),
                "watched_s": .integer(statistics.elapsed.milliseconds / 1_000),
                "written_per_day": forecast.writtenPerDay.map { .count($0) } ?? .null,
                "headroom_hours": forecast.headroomHours.map { .count($0) } ?? .null,
            ]
        )
    }
}

extension SandboxFindings {
    var json: JSONValue {
        ["state": .string(state.rawValue), "missing": .array(missing.map { .string($0.rawValue) })]
    }
}

extension BufferStatus {
    var json: JSONValue {
        [
            "pending_entries": pendingEntries.json, "pending_records": pendingRecords.json,
            "batches_without_receipt": batchesWithoutReceipt.json, "batches_rejected": batchesRejected.json,
            "records": records.json, "quarantined": quarantined.json,
            "oldest_pending_record": oldestPendingRecord?.json ?? .null,
            "oldest_batch_without_receipt": oldestBatchWithoutReceipt?.json ?? .null,
            "database_length": .count(databaseLength), "log_length": .count(logLength),
            "commit_sequence": .count(commitSequence),
        ]
    }
}

extension BufferStatus.Amount {
    var json: JSONValue { ["count": .count(count), "length": .count(length)] }
}

extension Forwarder.State {
    var json: JSONValue {
        switch self {
        case .starting: ["state": "starting"]
        case .idle: ["state": "idle"]
        case .lingering: ["state": "lingering"]
        case .cutting: ["state": "cutting"]
        case .sending(let batch, _, _): ["state": "sending", "batch": batch.position.json]
        case .waiting(let batch, _, let delay, let reason):
            [
                "state": "waiting", "batch": batch.position.json, "delay_ms": .integer(delay.milliseconds),
                "reason": .string(reason),
            ]
        case .storingReceipt(let batch): ["state": "storing-receipt", "batch": batch.position.json]
        case .pausing(_, let delay, let reason):
            ["state": "pausing", "delay_ms": .integer(delay.milliseconds), "reason": .string(reason)]
        case .finding(let position, let batch):
            ["state": "finding", "batch": batch.position.json, "wanted": position.json]
        case .renewing: ["state": "renewing"]
        case .blocked(let batch, let reason):
            ["state": "blocked", "batch": batch.position.json, "reason": .string(reason)]
        }
    }
}

extension ClockTrust {
    func json(at now: TimeBlock) -> JSONValue {
        let doubt: String? =
            switch verdict(at: now) {
            case .trusted: nil
            case .untrusted(let doubt): doubt.rawValue
            }
        return ["trusted": .bool(doubt == nil), "doubt": .text(doubt), "floor_ms": .integer(floorMilliseconds)]
    }
}

extension StatusBoard.Connection.State {
    var code: String {
        switch self {
        case .searching: "searching"
        case .connected: "connected"
        case .unclaimed: "unclaimed"
        case .refused: "refused"
        case .waiting: "waiting"
        case .hidden: "hidden"
        }
    }

    /// One sentence; nil where there is nothing to explain.
    var explanation: String? {
        switch self {
        case .searching, .connected: nil
        case .unclaimed: "it is nobody's; `corhub device register` makes it this hub's"
        case .refused(let refusal): refusal.explanation
        case .waiting(let reason): reason
        case .hidden(let other): "\(other) leads to the same device and is used"
        }
    }
}

extension StatusBoard.Connection {
    var json: JSONValue {
        [
            "address": .string(address), "link": .string(link.rawValue), "device": .text(serial?.text),
            "state": .string(state.code), "reason": .text(state.explanation), "status": status?.json ?? .null,
            "seen": seen?.json ?? .null, "signal_dbm": .count(signalStrength),
        ]
    }
}
