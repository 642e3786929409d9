import Foundation
import HubCore
import HubStore
import Testing

@Suite("How the write-ahead log ends")
struct LogEndTests {
    private static let pageLength = 4096
    private static let frameLength = pageLength + 24
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// The files of a store as the end of its program leaves them, with `count` records in as many commits.
    ///
    /// - Parameter isCut: Power was lost as well, and took the number of the newest commits that stood beside the database.
    private func left(count: Int, isCut: Bool = false) async throws -> String {
        let copy = directory.store + "-left"
        let store = try HubStore.open(directory: directory.store)
        for sequence in 1...count { try await store.insert(try Samples.record(UInt64(sequence))) }
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: directory.store, toPath: copy)
        await store.close()
        if isCut {
            // As it was made: both slots hold 0.
            let fresh = try TemporaryDirectory()
            await (try HubStore.open(directory: fresh.store)).close()
            let number = copy + "/commit-sequence"
            try FileManager.default.removeItem(atPath: number)
            try FileManager.default.copyItem(atPath: fresh.store + "/commit-sequence", toPath: number)
        }
        return copy
    }

    private func log(of folder: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder + "/store.sqlite-wal"))
    }

    /// What opening comes to with this log.
    private func opening(_ folder: String, with log: Data) async throws -> Result<Int, StoreFault> {
        let copy = folder + "-copy"
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        try log.write(to: URL(fileURLWithPath: copy + "/store.sqlite-wal"))
        do throws(StoreFault) {
            let store = try HubStore.open(directory: copy)
            let count = store.unfinishedPageCount
            await store.close()
            return .success(count)
        } catch {
            return .failure(error)
        }
    }

    @Test("Whole, it opens without a word")
    func whole() async throws {
        let folder = try await left(count: 4)
        #expect(try await opening(folder, with: try log(of: folder)) == .success(0))
    }

    @Test("A flipped bit anywhere in what a program that was killed has committed is found")
    func flipAfterKill() async throws {
        let folder = try await left(count: 4)
        let whole = try log(of: folder)
        for offset in stride(from: 0, to: whole.count, by: 509) {
            var flipped = whole
            flipped[offset] ^= 1 << UInt8(offset % 8)
            guard case .failure(.damaged) = try await opening(folder, with: flipped) else {
                // The head's count of checkpoints is all that nobody reads.
                #expect((12..<16).contains(offset), "byte \(offset) may be changed")
                continue
            }
        }
    }

    @Test("After a loss of power a flip before the newest commit is found, and one in it is told as its unfinished end")
    func flipAfterCut() async throws {
        let folder = try await left(count: 4, isCut: true)
        let whole = try log(of: folder)
        var outcomes = (found: 0, told: 0)
        for begin in stride(from: 32, to: whole.count, by: Self.frameLength) {
            for offset in [begin, begin + 5, begin + 9, begin + 13, begin + 17, begin + 24 + Self.pageLength / 2] {
                var flipped = whole
                flipped[offset] ^= 4
                switch try await opening(folder, with: flipped) {
                case .failure(.damaged): outcomes.found += 1
                case .success(let count) where count > 0: outcomes.told += 1
                case let other: Issue.record("byte \(offset): \(other)")
                }
            }
        }
        #expect(outcomes.found > outcomes.told && outcomes.told > 0, "\(outcomes)")
    }

    @Test("A commit that was cut off is told, and its pages are not taken for damage later")
    func cutOff() async throws {
        let folder = try await left(count: 4, isCut: true)
        var torn = try log(of: folder)
        let last = torn.count - Self.frameLength
        torn.replaceSubrange(last + 24..<last + 2_000, with: repeatElement(0, count: 1_976))
        let copy = folder + "-copy"
        guard case .success(1...) = try await opening(folder, with: torn) else {
            Issue.record("a torn commit is not told")
            return
        }
        let again = try HubStore.open(directory: copy)
        #expect(again.unfinishedPageCount == 0)
        try await again.insert(try Samples.record(9))
        #expect(try await again.verifyAll().damages.isEmpty)
        await again.close()
    }
}
