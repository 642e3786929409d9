// What forwarding a backlog is made of, apart from the agent: records that wait in its store, and what signing and TLS alone
// take to the same upstream. scripts/bench forward starts both beside the agent.
// Usage: bench-forward ingest STATE DEVICE-CA COUNT DEVICES   Stores records for the hub whose state folder is STATE, of so many
//                                 devices at once. Prints the id of each that is durable, and a line of JSON at the end.
//        bench-forward ceiling STATE DEVICE-CA COUNT DEVICES   Signs and submits batches of such records for that hub, without a store.

import CORProtocol
import Glibc
import HubCore
import HubStore

struct BenchmarkFailure: Error {
    let step: String
}

@Sendable func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { exit(3) }
}

func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

let arguments = CommandLine.arguments
let clock = ContinuousClock()
guard arguments.count == 6, let count = Int(arguments[4]), let deviceCount = Int(arguments[5]) else { exit(2) }
let maker = try RecordMaker(authority: arguments[3], serial: "COR1-BENCH", deviceCount: deviceCount)
let records = try await maker.records(count: count)
let hub = try BenchmarkHub(state: arguments[2])
let took: Duration
switch arguments[1] {
case "ingest":
    let store = try hub.openStore()
    took = try await clock.measure { try await ingest(records, into: store, deviceCount: deviceCount) }
    await store.close()
case "ceiling":
    let uploading = try Uploading(hub: hub)
    took = try await clock.measure { try await uploading.run(records.map(\.item)) }
default:
    exit(2)
}
say("{\"records\":\(count),\"seconds\":\(seconds(took))}")

/// Of each device one record after another is stored, as sessions do.
func ingest(_ records: [BenchmarkRecord], into store: HubStore, deviceCount: Int) async throws {
    try await withThrowingTaskGroup { group in
        for device in 0..<deviceCount {
            group.addTask {
                for index in stride(from: device, to: records.count, by: deviceCount) {
                    let record = SealedRecord(
                        records[index].item, kind: .sedimentationRun, cartridge: records[index].cartridge, for: store)
                    try await store.write { store throws(StoreFault) in try store.insert(record) }
                    say(records[index].item.recordID.hex)
                }
            }
        }
        try await group.waitForAll()
    }
}
