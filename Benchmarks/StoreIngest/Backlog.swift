import CORProtocol
import Glibc
import HubCore
import HubStore

/// What it costs to take a backlog out of a store that holds many records already: cutting batches, and their receipts.
struct Backlog {
    private static let pendingCount = 1_000
    /// A round is a few commits, and what a flush takes varies by more than what is looked for: so the large store and a small
    /// one take turns, and the median of the quotients counts.
    static let roundCount = 25
    private static let fillCount = 500

    let store: HubStore
    private let epoch: Epoch
    private let hub: HubID
    private let serial: DeviceSerial
    private var sequence: UInt64 = 0

    init(directory: String) throws {
        guard let epoch = Epoch(bytes: [UInt8](repeating: 1, count: 16)), let hub = HubID("hub-0001"),
            let serial = DeviceSerial("COR1-0001")
        else { throw BenchmarkFailure(step: "names") }
        (self.epoch, self.hub, self.serial) = (epoch, hub, serial)
        store = try HubStore.open(directory: directory, key: storageKey())
    }

    /// Stores records that are behind receipts, up to `count` in all.
    mutating func fill(to count: Int) async throws {
        while Int(sequence) < count {
            try await insert(min(Self.fillCount, count - Int(sequence)))
            try await drain()
        }
    }

    /// What one item of a backlog takes: pending items read, batch stored, receipt stored.
    struct Cost {
        /// Microseconds.
        var elapsed: Double
        /// Microseconds of the processor, of all threads.
        var processor: Double
    }

    /// One round.
    mutating func costPerItem() async throws -> Cost {
        for _ in 0..<Self.pendingCount / Self.fillCount { try await insert(Self.fillCount) }
        // Behind the checkpoint that storing them may have led to.
        _ = try await store.read { $0.statistics }
        let (begin, processor) = (ContinuousClock.now, Self.processorMicroseconds)
        try await drain()
        let elapsed = (ContinuousClock.now - begin) / .microseconds(1)
        return Cost(
            elapsed: elapsed / Double(Self.pendingCount),
            processor: (Self.processorMicroseconds - processor) / Double(Self.pendingCount))
    }

    private static var processorMicroseconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    private mutating func insert(_ count: Int) async throws {
        var records: [SealedRecord] = []
        for _ in 0..<count {
            sequence += 1
            var bytes = [UInt8](repeating: 7, count: 200)
            for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: sequence >> (8 * UInt64(index))) }
            let item = RecordItem(
                recordID: .of(bytes), serial: serial, sequence: sequence, bytes: bytes, received: Self.time,
                link: .usb, trust: .attested, subject: nil, backfilled: false, clockOffsetMilliseconds: nil)
            records.append(SealedRecord(item, kind: .sedimentationRun, cartridge: nil, for: store))
        }
        try await store.write { [records] store throws(StoreFault) in
            for record in records { _ = try store.insert(record) }
        }
    }

    private func drain() async throws {
        while true {
            let (items, head) = try await store.read { store throws(StoreFault) in
                (try store.pendingItems(lengthMax: 256 * 1024, countMax: 1_000), try store.batchHead())
            }
            guard !items.isEmpty else { return }
            let position = BatchPosition(epoch: epoch, sequence: (head?.position.sequence ?? 0) + 1)
            let bytes = Array("batch \(position.sequence)".utf8)
            let batch = SignedBatchRow(
                position: position, hash: .of(bytes), previousHash: head?.hash ?? .zero, bytes: bytes, cut: Self.time)
            let receipt = Receipt(
                hubID: hub, epoch: epoch, sequence: position.sequence, batchHash: batch.hash, logID: .zero,
                inclusion: [1], upstreamMilliseconds: 1, status: .accepted, reason: nil,
                nextSequence: position.sequence + 1)
            try await store.write { store throws(StoreFault) in
                try store.insertBatch(batch, covering: items)
                _ = try store.insert(receipt: receipt, bytes: [1])
            }
        }
    }

    private static let time = TimeBlock(
        bootID: [UInt8](repeating: 1, count: 16), boottimeNanoseconds: 1, wallMilliseconds: 1, sync: .never,
        rtcPresent: false)
}
