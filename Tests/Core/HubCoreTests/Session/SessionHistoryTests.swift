import CBORCoding
import CORProtocol
import HubCore
import TestSupport
import Testing

/// A seed is a history: links that fail, answers that are lost, doubled or garbled, a store that refuses.
@Suite("Histories of sessions with faults")
struct SessionHistoryTests {
    private struct Faults {
        var generator: SeededGenerator
        var isOver = false

        /// What happens to one effect, most often nothing unusual.
        mutating func reply(to effect: SessionEffect) -> SessionBench.Reply {
            guard !isOver, Int.random(in: 0..<12, using: &generator) == 0 else { return .usual }
            switch effect {
            case .request:
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: return .event(.unanswered)
                case 1: return .event(.linkGone)
                case 2: return .event(.refusedByDevice(code: 6))
                case 3: return .event(.answered(payload: generator.bytes(count: 20)))
                default: return .event(.answered(payload: EmptyMessage().encoded()))
                }
            case .store:
                return .event(.notStored)
            default:
                return .usual
            }
        }
    }

    /// The store as the session's promises need it: what is durable, and what was set aside.
    private struct Ledger {
        var kept: [UInt64: RecordRefusalReason?] = [:]

        mutating func take(_ deliveries: ArraySlice<DeviceDelivery>, seed: UInt64) {
            for delivery in deliveries {
                #expect(kept[delivery.sequence] == nil, "seed \(seed): \(delivery.sequence) came twice")
                kept[delivery.sequence] = .some(delivery.refusal)
            }
        }
    }

    @Test(
        "Whatever fails: nothing leaves the device that is not durable, nothing comes twice, and in the end all is there",
        arguments: 0..<150)
    func history(seed: Int) throws {
        var faults = Faults(generator: SeededGenerator(seed: UInt64(seed)))
        var device = try TestDevice()
        try device.close(1...8)
        var ledger = Ledger()
        var interrupted: RecordFetch?
        var newest: UInt64 = 0

        for attempt in 0..<60 {
            faults.isOver = attempt >= 40
            var bench = try SessionBench(device)
            bench.newestDurable = newest
            bench.interrupted = interrupted
            try bench.open { faults.reply(to: $0) }
            ledger.take(bench.stored[...], seed: UInt64(seed))
            newest = bench.newestDurable
            interrupted = bench.session.interrupted
            device = bench.device

            let held = Set(device.records.map(\.payload.sequence))
            let freed = Set(1...device.newestSequence).subtracting(held)
            #expect(freed.isSubset(of: ledger.kept.keys), "seed \(seed): freed \(freed), durable \(ledger.kept.keys)")
            if attempt == 20 { try device.close(9...12) }
        }
        #expect(ledger.kept.keys.sorted() == Array(1...12), "seed \(seed)")
        #expect(device.records.isEmpty, "seed \(seed)")
    }
}
