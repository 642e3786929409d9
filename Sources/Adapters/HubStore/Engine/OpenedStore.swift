import CSQLite
import Glibc
import HubCore

/// The files of an open store, checked as far as a start may take.
final class OpenedStore {
    let connection: SQLiteConnection
    let commitSequenceFile: CommitSequenceFile
    let state: StoreState
    private(set) var seal: ContentSeal
    /// Content of the first format is still to be sealed.
    let isSealingUnfinished: Bool
    /// Pages in the log, when it was opened, of a commit that is not there.
    let unfinishedPageCount: Int
    private let lock: StoreLock

    private static let applicationID: Int64 = 0x434F_5268  // "CORh"

    init(
        directory: String, key: StorageKey, options: StoreOptions, migrations: [StoreMigration]
    ) throws(StoreFault) {
        seal = ContentSeal(key)
        try StoreFile.makeDirectory(directory)
        lock = try StoreLock(path: directory + "/lock")
        if try StoreFile.exists(StoreFile.recovery(in: directory)) { throw .damaged(.recoveryUnfinished) }
        if let found = try StoreFile.text(at: StoreFile.condemnation(in: directory)) {
            throw .damaged(.foundInUse(detail: found))
        }
        let databasePath = directory + "/store.sqlite"
        let existing = try CommitSequenceFile.opening(path: directory + "/commit-sequence")
        let hasDatabase = try StoreFile.exists(databasePath)
        switch (existing, hasDatabase) {
        case (let file?, true):
            commitSequenceFile = file
        case (let file?, false):
            // Made by a start that ended before the database was.
            guard file.sequence == 0 else { throw .damaged(.databaseMissing) }
            commitSequenceFile = file
        case (nil, true):
            throw .damaged(.commitSequenceMissing)
        case (nil, false):
            commitSequenceFile = try CommitSequenceFile.creating(
                path: directory + "/commit-sequence", inDirectory: directory)
        }
        switch try WriteAheadLog.end(of: databasePath + "-wal") {
        case .whole: unfinishedPageCount = 0
        case .unfinished(let count): unfinishedPageCount = count
        case .broken(let frame): throw .damaged(.logBroken(frame: frame))
        }
        if !hasDatabase { try Self.createEmpty(databasePath) }
        connection = try SQLiteConnection(path: databasePath)
        try Self.configure(connection, options: options)
        try Self.migrate(connection, migrations: migrations, key: key)
        let reader = StoreReader(connection: connection, state: StoreState(), seal: seal)
        try reader.checkKey()
        isSealingUnfinished = try !ContentSealing(connection: connection, seal: seal).isFinished
        if isSealingUnfinished {
            seal.takesPlain = true
            reader.seal = seal
        }
        // The first page names the format, which says that a key is needed, before anything sealed is written.
        if try !HubStore.needsExistingKey(directory: directory) { try connection.checkpoint(truncating: true) }
        if !hasDatabase { try StoreFile.synchroniseDirectory(directory) }
        state = try reader.stateWithTail()
        reader.state = state
        guard state.commitSequence >= commitSequenceFile.sequence else {
            throw .damaged(.commitsMissing(expected: commitSequenceFile.sequence, found: state.commitSequence))
        }
        try reader.checkTail(of: state)
        // What is left of it must not be taken for the end of a later commit.
        if unfinishedPageCount > 0 { try connection.checkpoint(truncating: true) }
    }

    /// Closes the database, and lets other processes have it.
    ///
    /// - Parameter keepingLog: After a failure.
    func close(keepingLog: Bool) {
        connection.close(keepingLog: keepingLog)
        lock.release()
    }

    /// SQLite would make the file readable to others; its log takes over the mode.
    private static func createEmpty(_ path: String) throws(StoreFault) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFault(errno: errno, path: path) }
        Glibc.close(descriptor)
    }

    private static func configure(_ connection: SQLiteConnection, options: StoreOptions) throws(StoreFault) {
        // EXCLUSIVE before the first access in WAL mode: then no shared memory file is used
        // (sqlite.org/wal.html, "Use of WAL Without Shared-Memory"), and there is no second connection to meet the
        // WAL-reset bug of SQLite before 3.51.3 with.
        for pragma in [
            "locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL", "mmap_size = 0",
            "temp_store = MEMORY", "foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON",
            "cache_size = -\(options.cacheLength)",
            // What was pruned or erased is overwritten, not only forgotten.
            "secure_delete = ON",
        ] {
            try connection.script("PRAGMA \(pragma)")
        }
        let journal = try connection.rows("PRAGMA journal_mode").first
        let locking = try connection.rows("PRAGMA locking_mode").first
        guard journal == [.text("wal")], locking == [.text("exclusive")],
            try connection.integer("PRAGMA synchronous") == 2
        else { throw .unexpected(code: SQLITE_MISMATCH) }
        try connection.countPagesInLog()
    }

    private static func migrate(
        _ connection: SQLiteConnection, migrations: [StoreMigration], key: StorageKey
    ) throws(StoreFault) {
        let version = Int(try connection.integer("PRAGMA user_version") ?? 0)
        let application = try connection.integer("PRAGMA application_id") ?? 0
        let isEmpty = try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
        guard isEmpty && version == 0 || application == applicationID else {
            throw .notAStore(path: connection.path)
        }
        guard version <= migrations.count else {
            throw .formatTooNew(found: version, supported: migrations.count)
        }
        for (index, migration) in migrations.enumerated().dropFirst(version) {
            try connection.run("BEGIN IMMEDIATE")
            do throws(StoreFault) {
                try connection.script(migration.sql)
                if index == 0 { try StoreTransaction.insertFirstState(into: connection) }
                if index == 1 { try ContentSealing.begin(on: connection, key: key, isEmpty: isEmpty) }
                try connection.script("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(index + 1)")
                try connection.run("COMMIT")
            } catch {
                if !connection.isOutsideTransaction { try connection.run("ROLLBACK") }
                throw error
            }
        }
    }
}
