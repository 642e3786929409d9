// Durable ingest of 10 KB records: the store beside the bare SQLite C API with the same grouping, in turns.
// Usage: bench-store [DIRECTORY [WRITERS…]]   The directory's disk is what is measured; the present directory by default.
//        bench-store DIRECTORY backlog COUNT…  What a backlog costs for each item, in a store of so many records.

import CORProtocol
import Glibc
import HubCore
import HubStore

let recordLength = 10_000
// Short turns, and many: what a flush takes varies by more than what is looked for.
let recordsPerRound = 120
let roundCount = 41

func records(round: Int) -> [BenchmarkRecord] {
    var generator = BenchmarkGenerator(state: UInt64(round))
    return (0..<recordsPerRound).map { index in
        var bytes = [UInt8](repeating: 0, count: recordLength)
        for offset in stride(from: 0, to: recordLength, by: 8) {
            let word = generator.next()
            for byte in 0..<min(8, recordLength - offset) {
                bytes[offset + byte] = UInt8(truncatingIfNeeded: word >> (8 * byte))
            }
        }
        return BenchmarkRecord(
            id: SHA256Hash.of(bytes).bytes, sequence: Int64(round * recordsPerRound + index + 1), bytes: bytes)
    }
}

func storageKey() throws -> StorageKey {
    let secret = (0..<StorageKey.byteCount).map { _ in UInt8.random(in: 0...255) }
    guard let key = StorageKey(secret: secret, protection: .file) else { throw BenchmarkFailure(step: "key") }
    return key
}

func item(_ record: BenchmarkRecord) throws -> RecordItem {
    guard let serial = DeviceSerial("COR1-0001"), let id = SHA256Hash(bytes: record.id) else {
        throw BenchmarkFailure(step: "record")
    }
    return RecordItem(
        recordID: id, serial: serial, sequence: UInt64(record.sequence), bytes: record.bytes,
        received: TimeBlock(
            bootID: [UInt8](repeating: 1, count: 16), boottimeNanoseconds: 1, wallMilliseconds: 1, sync: .never,
            rtcPresent: false),
        link: .usb, trust: .attested, subject: nil, backfilled: false, clockOffsetMilliseconds: nil)
}

/// Each of `writerCount` tasks stores one record after another, as device sessions do.
func ingest(_ items: [RecordItem], into store: HubStore, writerCount: Int) async throws {
    try await withThrowingTaskGroup { group in
        for writer in 0..<writerCount {
            group.addTask {
                for index in stride(from: writer, to: items.count, by: writerCount) {
                    let record = SealedRecord(items[index], kind: .sedimentationRun, cartridge: nil, for: store)
                    try await store.write { store throws(StoreFault) in try store.insert(record) }
                }
            }
        }
        try await group.waitForAll()
    }
}

func commitCount(of store: HubStore) async throws -> UInt64 {
    try await store.read { store throws(StoreFault) in store.statistics.commitCount }
}

func rate(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(recordsPerRound) / (Double(seconds) + Double(attoseconds) * 1e-18)
}

func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
}

func column(_ value: Double, _ digits: Int = 0) -> String {
    let scale = digits == 0 ? 1.0 : 100.0
    let text = digits == 0 ? String(Int(value.rounded())) : String((value * scale).rounded() / scale)
    return String(repeating: " ", count: max(0, 12 - text.count)) + text
}

/// What this process holds of memory that no file is behind, from /proc/self/smaps_rollup.
func anonymousKibibytes() throws -> Int {
    guard let file = fopen("/proc/self/smaps_rollup", "r") else { throw BenchmarkFailure(step: "smaps_rollup") }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
            separator: " ")
        if words.first == "Anonymous:", words.count > 1, let amount = Int(words[1]) { return amount }
    }
    throw BenchmarkFailure(step: "smaps_rollup")
}

let base = (CommandLine.arguments.dropFirst().first ?? ".") + "/bench-store-\(getpid())"
let clock = ContinuousClock()
mkdir(base, 0o700)
func removeStore(_ path: String) {
    for name in ["store.sqlite", "lock", "commit-sequence"] { unlink("\(path)/\(name)") }
    rmdir(path)
}

/// A store of each size beside one that begins with the first size, in turns.
func measureBacklog(_ counts: [Int]) async throws {
    let (largePath, smallPath) = (base + "/large", base + "/small")
    var large = try Backlog(directory: largePath)
    for count in counts {
        try await large.fill(to: count)
        var small = try Backlog(directory: smallPath)
        try await small.fill(to: counts[0])
        var (costs, ratios, processorRatios): ([Backlog.Cost], [Double], [Double]) = ([], [], [])
        for _ in 0..<Backlog.roundCount {
            let (of, beside) = (try await large.costPerItem(), try await small.costPerItem())
            costs.append(of)
            ratios.append(of.elapsed / beside.elapsed)
            processorRatios.append(of.processor / beside.processor)
        }
        await small.store.close()
        removeStore(smallPath)
        let cost = median(costs.map(\.elapsed))
        print(column(Double(count)), "records stored", column(cost, 2), "µs for each item of a backlog")
        print(
            """
            {"benchmark":"store-backlog","records":\(count),"us_per_item":\(cost),\
            "processor_us_per_item":\(median(costs.map(\.processor))),"ratio":\(median(ratios)),\
            "processor_ratio":\(median(processorRatios)),"anonymous_kib":\(try anonymousKibibytes())}
            """)
    }
    await large.store.close()
    removeStore(largePath)
}

if CommandLine.arguments.dropFirst(2).first == "backlog" {
    let counts = CommandLine.arguments.dropFirst(3).compactMap { Int($0) }.filter { $0 > 0 }.sorted()
    if !counts.isEmpty { try await measureBacklog(counts) }
    rmdir(base)
    exit(0)
}
print("10 KB records, durable: medians of \(roundCount) rounds of \(recordsPerRound), in turns")
print("     writers   per commit      store/s        raw/s        ratio")
let writerCounts = CommandLine.arguments.dropFirst(2).compactMap { Int($0) }
for writerCount in writerCounts.isEmpty ? [1, 6, 24] : writerCounts {
    let store = try HubStore.open(directory: "\(base)/store-\(writerCount)", key: storageKey())
    let raw = try RawStore(path: "\(base)/raw-\(writerCount).sqlite")
    var storeRates: [Double] = []
    var rawRates: [Double] = []
    var groups: [Double] = []
    for round in 0...roundCount {
        let records = records(round: round)
        let items = try records.map(item)
        sync()
        let commits = try await commitCount(of: store)
        let storeDuration = try await clock.measure {
            try await ingest(items, into: store, writerCount: writerCount)
        }
        let perCommit = Double(recordsPerRound) / Double(try await commitCount(of: store) - commits)
        sync()
        let rawDuration = try clock.measure {
            try raw.ingest(records, groupCount: max(1, Int(perCommit.rounded())))
        }
        // The first round warms both up.
        guard round > 0 else { continue }
        storeRates.append(rate(storeDuration))
        rawRates.append(rate(rawDuration))
        groups.append(perCommit)
    }
    let ratio = median(zip(storeRates, rawRates).map { $0 / $1 })
    print(
        column(Double(writerCount)), column(median(groups), 2), column(median(storeRates)), column(median(rawRates)),
        column(ratio, 2))
    print(
        """
        {"benchmark":"store-ingest","writers":\(writerCount),"records_per_commit":\(median(groups)),\
        "store_per_s":\(median(storeRates)),"raw_per_s":\(median(rawRates)),"ratio":\(ratio)}
        """)
    await store.close()
    raw.close()
    removeStore("\(base)/store-\(writerCount)")
    unlink("\(base)/raw-\(writerCount).sqlite")
}
rmdir(base)
