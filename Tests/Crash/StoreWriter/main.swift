// Writes records to a store until it is killed, and prints the id of each one that the store acknowledged.
// Usage: store-writer DIRECTORY ROUND    A damaged store is salvaged first; what is set aside goes beside DIRECTORY.
//        store-writer DIRECTORY life     Does each thing that a store does, a few times, and ends.
//        store-writer DIRECTORY rest     Writes a few records, waits until the commit sequence is written beside them, and ends
//                                        as if it were killed: the log stays.
//        store-writer DIRECTORY check    Prints what is stored and what a full check finds, and ends. Records whose content
//                                        is gone by right are printed as "pruned ID" or "erased ID".

import CORProtocol
import Glibc
import HubCore
import HubStore

guard CommandLine.arguments.count == 3 else { exit(2) }
let directory = CommandLine.arguments[1]
let writerCount = 8
// One key for all runs; it guards nothing.
guard let key = StorageKey(secret: [UInt8](repeating: 1, count: StorageKey.byteCount), protection: .file) else {
    exit(2)
}
let (store, recovery) = try HubStore.openRecovering(
    directory: directory, key: key, quarantine: directory + "-quarantine",
    now: TimeBlock(
        bootID: [UInt8](repeating: 0, count: 16), boottimeNanoseconds: 0, wallMilliseconds: 0, sync: .never,
        rtcPresent: false))

@Sendable func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { exit(3) }
}

@Sendable func record(_ sequence: UInt64, of writer: Int) -> RecordItem? {
    guard let serial = DeviceSerial("COR1-WRITER\(writer)") else { return nil }
    var bytes = [UInt8](repeating: UInt8(writer), count: 3_000)
    for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: sequence >> (8 * UInt64(index))) }
    return RecordItem(
        recordID: .of(bytes), serial: serial, sequence: sequence, bytes: bytes,
        received: TimeBlock(
            bootID: [UInt8](repeating: 0, count: 16), boottimeNanoseconds: sequence, wallMilliseconds: 0, sync: .never,
            rtcPresent: false),
        link: .udp, trust: .attested, subject: nil, backfilled: false, clockOffsetMilliseconds: nil)
}

if CommandLine.arguments[2] == "check" {
    let records = try await store.read { store throws(StoreFault) in
        try store.records(RecordFilter(countMax: .max))
    }
    for record in records {
        switch record.bytesState {
        case .present: say(record.recordID.hex)
        case .pruned: say("pruned \(record.recordID.hex)")
        case .erased: say("erased \(record.recordID.hex)")
        case .lost: say("lost \(record.recordID.hex)")
        case .overwritten: say("overwritten \(record.recordID.hex)")
        }
    }
    // A write that does nothing is refused where sealing came to a fault.
    while try await store.read({ store throws(StoreFault) in try store.isSealingUnfinished }) {
        try await store.write { _ throws(StoreFault) in }
        usleep(1_000)
    }
    let report = try await store.verifyAll()
    await store.close()
    for damage in report.damages { say("damage \(damage)") }
    if store.unfinishedPageCount > 0 { say("unfinished \(store.unfinishedPageCount)") }
    if let recovery { say("salvaged \(recovery.damage)") }
    say("checked")
    exit(0)
}
if CommandLine.arguments[2] == "life" {
    guard let life = StoreLife(store: store, say: say) else { exit(2) }
    try await life.run()
    await store.close()
    exit(0)
}
if CommandLine.arguments[2] == "rest" {
    for sequence in 1...60 as ClosedRange<UInt64> {
        guard let record = record(sequence, of: 0) else { exit(2) }
        let sealed = SealedRecord(record, kind: .sedimentationRun, cartridge: nil, for: store)
        guard try await store.write({ store throws(StoreFault) in try store.insert(sealed) }) == .stored else {
            exit(4)
        }
        say(record.recordID.hex)
    }
    while try await store.read({ $0.statistics.commitSequenceWritten < $0.commitSequence }) { usleep(1_000) }
    _exit(0)
}
guard let round = UInt64(CommandLine.arguments[2]) else { exit(2) }

say("writing")
try await withThrowingTaskGroup { group in
    for writer in 0..<writerCount {
        group.addTask {
            var sequence = round << 32
            while let record = record(sequence, of: writer) {
                let sealed = SealedRecord(record, kind: .sedimentationRun, cartridge: nil, for: store)
                let insertion = try await store.write { store throws(StoreFault) in try store.insert(sealed) }
                guard insertion == .stored else { exit(4) }
                say(record.recordID.hex)
                sequence += 1
            }
        }
    }
    try await group.waitForAll()
}
