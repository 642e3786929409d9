import CORProtocol
import HubCore
import HubStore
import JSONCoding

// What a person decides after having looked at why batches do not go.
extension ControlRouter {
    /// Sends the items of rejected batches again: of one batch, or of all.
    func requeue(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let chosen = try batchOfQuery(request)
        let now = context.services.clock.now()
        var batches: [BatchPosition] = []
        var itemCount = 0
        do {
            let positions: [BatchPosition]
            if let chosen {
                positions = [chosen]
            } else {
                positions = try await context.store.read { (reader) throws(StoreFault) in
                    try reader.rejectedBatches().map(\.position)
                }
            }
            // One at a time, each whole: however many there are, no transaction is longer than a batch.
            for position in positions {
                let count = try await context.store.write { (transaction) throws(StoreFault) in
                    let count = try transaction.requeueRejected(position)
                    guard count > 0 else { return count }
                    try transaction.append(
                        AuditDraft(
                            .quarantine, actor: .agent, subject: "batch \(position.epoch.hex)/\(position.sequence)",
                            outcome: .done, time: now, detail: "\(count) items are sent again"))
                    return count
                }
                guard count > 0 else { continue }
                batches.append(position)
                itemCount += count
            }
        } catch .refused(.noSuchBatch(let position)) {
            throw ControlRefusal(.notFound("a rejected batch \(position.epoch.hex)/\(position.sequence)"))
        } catch {
            throw ControlRefusal(.storage(error.explanation))
        }
        if itemCount > 0 { context.forwarding(.flushRequested) }
        return [
            "schema": "corhub/requeue/1", "batches": .array(batches.map(\.json)),
            "items": .count(itemCount),
        ]
    }

    /// Only where forwarding is blocked: a hub that gets on needs no new epoch.
    func renewEpoch() async throws(ControlRefusal) -> JSONValue {
        guard case .blocked = context.services.board.forwarding else {
            throw ControlRefusal(
                ControlFailure(
                    status: 409, code: "not-blocked", message: "forwarding is not blocked: there is nothing to decide"))
        }
        context.forwarding(.renewalRequested)
        return try await buffer()
    }

    private func batchOfQuery(_ request: ControlRequest) throws(ControlRefusal) -> BatchPosition? {
        switch (request.query["epoch"], request.query["sequence"]) {
        case (nil, nil): return nil
        case (let epoch?, let sequence?): return try position(epoch, sequence)
        case (_?, nil), (nil, _?): throw ControlRefusal(.badRequest("a batch is named by its epoch and its sequence"))
        }
    }
}
