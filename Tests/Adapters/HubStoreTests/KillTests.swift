import CORProtocol
import Foundation
import Glibc
import HubCore
import HubStore
import Testing

@Suite("Killed in the middle of writing")
struct KillTests {
    @Test("Everything that was acknowledged before kill -9 is stored")
    func kill() async throws {
        let directory = try TemporaryDirectory()
        var acknowledged: Set<String> = []
        for round in 1...8 {
            let ids = try Self.runWriter(store: directory.store, round: round, milliseconds: 30 + 25 * round)
            acknowledged.formUnion(ids)
            let store = try HubStore.open(
                directory: directory.store, key: Samples.storageKey(secret: [UInt8](repeating: 1, count: 32)))
            let stored = try await store.read { store throws(StoreFault) in
                Set(try store.records(RecordFilter(countMax: .max)).map(\.recordID.hex))
            }
            #expect(acknowledged.subtracting(stored).isEmpty, "round \(round)")
            #expect(try await store.verifyAll().isSound, "round \(round)")
            await store.close()
        }
        #expect(acknowledged.count > 8)
    }

    /// Starts the writer, kills it after the given time, and returns the record ids that it was told are stored.
    private static func runWriter(store: String, round: Int, milliseconds: Int) throws -> [String] {
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("store-writer")
        writer.arguments = [store, String(round)]
        let output = Pipe()
        writer.standardOutput = output
        try writer.run()
        // The first line says that it writes; the time runs from there.
        var text = output.fileHandleForReading.availableData
        usleep(UInt32(milliseconds) * 1_000)
        Glibc.kill(writer.processIdentifier, SIGKILL)
        text.append(output.fileHandleForReading.readDataToEndOfFile())
        writer.waitUntilExit()
        // The last line may be cut off.
        return String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init).filter { $0.count == 2 * SHA256Hash.byteCount }
    }
}
