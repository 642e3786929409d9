import CORProtocol
package import HubCore
import TextEncodings

/// Seals the content that a program of the first format left unsealed, while the store is in use.
///
/// A few rows a step, each a transaction of its own, so that the log stays short on a small disk and nobody waits long; the
/// place that was reached is stored with them, so that a loss of power costs nothing. Until the last one content that is not
/// sealed is taken where its hash holds.
struct ContentSealing {
    static let progressSetting = "unsealed-from"
    private static let pageRowCount: Int64 = 16
    private static let logPageCountMax = 1_000
    private static let beforeFirst: Int64 = -1

    let connection: SQLiteConnection
    let seal: ContentSeal

    /// Part of the migration: notes the key, and that everything is still to be sealed, where there is anything.
    static func begin(on connection: SQLiteConnection, key: StorageKey, isEmpty: Bool) throws(StoreFault) {
        try set(StoreReader.keySetting, .blob(key.id), on: connection)
        if isEmpty { return }
        try set(progressSetting, .blob(Array(":".utf8)), on: connection)
    }

    var isFinished: Bool { get throws(StoreFault) { try progress() == nil } }

    /// Seals the next few rows.
    ///
    /// - Returns: Whether all is sealed now.
    func step() throws(StoreFault) -> Bool {
        guard let from = try progress() else { return true }
        let tables = StoredTable.all.filter(\.hasPayload)
        var key = from.key
        for table in tables[(tables.firstIndex { $0.name == from.table } ?? 0)...] {
            if try sealPage(of: table, after: key) {
                if connection.pagesInLog >= Self.logPageCountMax { try connection.checkpoint(truncating: true) }
                return false
            }
            key = Self.beforeFirst
        }
        try connection.run("DELETE FROM settings WHERE key = ?", [.text(Self.progressSetting)])
        // Nothing unsealed stays in the log.
        try connection.checkpoint(truncating: true)
        return true
    }

    /// - Returns: False where there was no row.
    private func sealPage(of table: StoredTable, after key: Int64) throws(StoreFault) -> Bool {
        let rows = try connection.rows(
            "SELECT \(table.key), payload_hash, payload FROM \(table.name) WHERE \(table.key) > ? "
                + "AND payload IS NOT NULL ORDER BY \(table.key) LIMIT ?",
            [.integer(key), .integer(Self.pageRowCount)])
        guard case .integer(let last)? = rows.last?.first else { return false }
        try connection.run("BEGIN IMMEDIATE")
        do throws(StoreFault) {
            for row in rows {
                // Under the hash that its row names: what was damaged before stays damaged, and is found as before.
                guard case .blob(let bytes) = row[1], let hash = SHA256Hash(bytes: bytes),
                    case .blob(let content) = row[2], seal.open(content, hash: hash, in: table) == nil
                else { continue }
                try connection.run(
                    "UPDATE \(table.name) SET payload = ? WHERE \(table.key) = ?",
                    [.blob(seal.seal(content, hash: hash, in: table)), row[0]])
            }
            try Self.set(Self.progressSetting, .blob(Array("\(table.name):\(last)".utf8)), on: connection)
            try connection.run("COMMIT")
        } catch {
            if !connection.isOutsideTransaction { try connection.run("ROLLBACK") }
            throw error
        }
        return true
    }

    /// The table that is being sealed, and the key behind which it goes on; nil where all is sealed.
    private func progress() throws(StoreFault) -> (table: String, key: Int64)? {
        let table = StoredTable.settings
        guard
            let columns = try connection.rows(
                "\(table.selectSQL) WHERE key = ?", [.text(Self.progressSetting)], countMax: 1
            ).first
        else { return nil }
        var row = try StoredRow(table, columns: columns)
        row.skip()
        let parts = String(decoding: try row.blob(), as: UTF8.self).split(
            separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw row.shapeDamage }
        return (String(parts[0]), Int64(parts[1]) ?? Self.beforeFirst)
    }

    private static func set(
        _ key: String, _ value: SQLiteValue, on connection: SQLiteConnection
    ) throws(StoreFault) {
        let table = StoredTable.settings
        try connection.run(table.replaceSQL, table.sealed([.text(key), value], content: nil))
    }
}

extension StoreReader {
    static var keySetting: String { "storage-key" }

    /// Whether content that an older program left unsealed is still being sealed.
    package var isSealingUnfinished: Bool {
        get throws(StoreFault) { try setting(ContentSealing.progressSetting) != nil }
    }

    /// - Throws: `otherKey` where the store is sealed under another key than the one that it was opened with.
    func checkKey() throws(StoreFault) {
        guard let id = try setting(Self.keySetting), id != seal.key.id else { return }
        throw .otherKey(expected: Hexadecimal.text(of: id), found: Hexadecimal.text(of: seal.key.id))
    }
}

extension HubStore {
    /// Whether a store is there that cannot be read without its key, or that says nothing about it: then no new key may be
    /// made in its place.
    ///
    /// Looks at the format that SQLite keeps in its first page: whatever is sealed was written behind a checkpoint that
    /// brought the second format there.
    package static func needsExistingKey(directory: String) throws(StoreFault) -> Bool {
        var folders = [directory]
        if let setAside = try StoreFile.text(at: StoreFile.recovery(in: directory)) { folders.append(setAside) }
        for folder in folders {
            guard let head = try StoreFile.head(of: folder + "/store.sqlite", length: 64), !head.isEmpty else {
                continue
            }
            guard head.count == 64 else { return true }
            // sqlite.org/fileformat2.html, "User Version Number".
            if head[60..<64].reduce(0, { $0 << 8 | Int($1) }) > 1 { return true }
        }
        return false
    }
}
