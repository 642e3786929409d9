import Foundation
import HubCore
import Testing

@testable import HubStore

@Suite("Writes that are gathered")
struct GatheringFileTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/a.sqlite" }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open() throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path)
        // A cache of ten pages: what is written must be read back before the commit.
        try connection.script(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 10"
        )
        try connection.countPagesInLog()
        return connection
    }

    @Test("What is held back is read as if it were written, through a transaction larger than the cache")
    func spill() throws {
        let connection = try open()
        try connection.script("CREATE TABLE a (b INTEGER PRIMARY KEY, c BLOB)")
        try connection.run("BEGIN")
        for number in 1...300 as ClosedRange<Int64> {
            let length = 1 + Int(number) * 37 % 9_000
            try connection.run(
                "INSERT INTO a VALUES (?, ?)", [.integer(number)],
                last: [UInt8](repeating: UInt8(number % 251), count: length))
            let earlier = 1 + number * 7 % number
            let row = try connection.rows("SELECT c FROM a WHERE b = ?", [.integer(earlier)]).first
            #expect(
                row == [.blob([UInt8](repeating: UInt8(earlier % 251), count: 1 + Int(earlier) * 37 % 9_000))])
        }
        try connection.run("UPDATE a SET c = x'00' WHERE b % 3 = 0")
        try connection.run("COMMIT")
        #expect(try connection.integer("SELECT count(*) FROM a WHERE c = x'00'") == 100)
        try connection.checkpoint(truncating: true)
        #expect(try connection.rows("PRAGMA integrity_check") == [[.text("ok")]])
        #expect(connection.meter.writtenLength > 1_000_000 && connection.meter.syncCount >= 3)
        connection.close(keepingLog: false)
        // SQLite without us reads the same.
        let database = RawDatabase(path: path)
        #expect(try database.integer("SELECT count(*) FROM a WHERE c = x'00'") == 100)
        #expect(try database.integer("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1)
    }

    @Test("A commit is in the file when it returns: nothing of it is held back")
    func committed() throws {
        let connection = try open()
        try connection.script("CREATE TABLE a (b INTEGER PRIMARY KEY, c BLOB)")
        for number in 1...20 as ClosedRange<Int64> {
            try connection.run(
                "INSERT INTO a VALUES (?, ?)", [.integer(number)], last: [UInt8](repeating: 7, count: 5_000))
            // As a loss of power would leave them.
            let copy = directory.path + "/copy-\(number).sqlite"
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            #expect(try RawDatabase(path: copy).integer("SELECT count(*) FROM a") == number)
        }
        connection.close(keepingLog: true)
    }

    @Test("What the disk has no room for fails the commit, and nothing is written after that")
    func full() throws {
        guard let mounted = MountedDirectory(at: directory.path, options: "size=300k") else { return }
        defer { mounted.unmount() }
        let connection = try open()
        try connection.script("CREATE TABLE a (b INTEGER PRIMARY KEY, c BLOB)")
        var count: Int64 = 0
        do throws(StoreFault) {
            while count < 100 {
                try connection.run(
                    "INSERT INTO a VALUES (?, ?)", [.integer(count)], last: [UInt8](repeating: 7, count: 5_000))
                count += 1
            }
        } catch {
            #expect(error == .full)
        }
        #expect(count > 5 && count < 60)
        let written = connection.meter.writtenLength
        #expect(throws: StoreFault.self) { try connection.run("INSERT INTO a VALUES (1000, x'00')") }
        connection.close(keepingLog: true)
        #expect(connection.meter.writtenLength == written)
        #expect(mounted.remount(options: "size=3m"))
        #expect(try RawDatabase(path: path).integer("SELECT count(*) FROM a") >= count)
    }
}
