import CSQLite
import HubCore

/// A database that was set aside, read row by row as far as it can be, and not changed.
final class DamagedDatabase {
    /// A row whose hash holds.
    struct Row {
        let row: StoredRow
        /// The row names a payload and the bytes there are not it.
        let isPayloadDamaged: Bool
    }

    private let connection: SQLiteConnection
    private let seal: ContentSeal
    private let effort: SalvageEffort
    /// Keys that are looked at behind a place that cannot be read, where nothing says how many there were.
    private static let unknownKeyCount: Int64 = 4_000_000
    private static let pageRowCount: Int64 = 32
    /// Of a small table.
    private static let namedRowCountMax: Int64 = 10_000
    /// Keys that were not looked at, since the effort was spent.
    private(set) var skippedCount = 0

    /// nil where there is nothing that could be opened.
    ///
    /// - Throws: `otherKey` where the database still says that it is sealed under another key.
    init?(path: String, key: StorageKey, effort: SalvageEffort) throws(StoreFault) {
        self.effort = effort
        var seal = ContentSeal(key)
        // It may be of the format before sealing, or on the way from there.
        seal.takesPlain = true
        self.seal = seal
        do throws(StoreFault) {
            connection = try SQLiteConnection(path: path)
            try connection.script("PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF")
            _ = try connection.integer("PRAGMA schema_version")
        } catch {
            return nil
        }
        if let refusal = keyRefusal {
            close()
            throw refusal
        }
    }

    /// Nil also where the key's id cannot be read: whether the key fits shows with each payload then.
    private var keyRefusal: StoreFault? {
        do throws(StoreFault) {
            try StoreReader(connection: connection, state: StoreState(), seal: seal).checkKey()
            return nil
        } catch .otherKey(let expected, let found) {
            return .otherKey(expected: expected, found: found)
        } catch {
            return nil
        }
    }

    func close() {
        connection.close(keepingLog: true)
    }

    /// What the state's row says, if it says anything.
    var state: StoreState? {
        do throws(StoreFault) {
            return try StoreReader(connection: connection, state: StoreState(), seal: seal).stateWithTail()
        } catch {
            return nil
        }
    }

    /// Calls `body` with every sound row of a table that counts its rows, in no order.
    ///
    /// - Returns: How many rows were there and not sound.
    func rows(
        of table: StoredTable, _ body: (Row) throws(StoreFault) -> Void
    ) throws(StoreFault) -> Int {
        guard has(table) else { return 0 }
        var damagedCount = 0
        var low: Int64 = 0
        var high: Int64 = .max
        // From both ends towards the first place that cannot be read.
        while let page = page(of: table, above: low, below: .max) {
            let passed = try pass(page, of: table, above: low, below: .max, body)
            guard let end = passed.end else { break }
            damagedCount += passed.damagedCount
            low = end
        }
        while let page = page(of: table, above: low, below: high, isDescending: true) {
            let passed = try pass(page, of: table, above: low, below: high, isDescending: true, body)
            guard let end = passed.end else { break }
            damagedCount += passed.damagedCount
            high = end
        }
        if let rest = page(of: table, above: low, below: high), rest.isEmpty { return damagedCount }
        if high == .max {
            let newest = state.map { Int64(clamping: min($0.itemHead, UInt64(Int64.max - 1))) }
            high = newest.map { $0 + 1 } ?? min(low, .max - Self.unknownKeyCount) + Self.unknownKeyCount
        }
        return try damagedCount + rowsBetween(low, high, of: table, body)
    }

    /// Hands the sound rows of a page on. SQLite believes a tree's order, and a wrong key must not lead the way: past rows that are
    /// there, or round in a tree that leads back into itself. So only sound rows, whose hash covers their key, are steps, and
    /// each goes on from the one before. What comes behind the last is looked at again.
    ///
    /// - Returns: The key of the last sound row, nil where there is none, and how many were not sound up to it.
    private func pass(
        _ page: [[SQLiteValue]], of table: StoredTable, above low: Int64, below high: Int64, isDescending: Bool = false,
        _ body: (Row) throws(StoreFault) -> Void
    ) throws(StoreFault) -> (end: Int64?, damagedCount: Int) {
        var end: Int64?
        var (damagedCount, sinceEnd) = (0, 0)
        for columns in page {
            guard let row = row(columns, of: table), let key = Self.key(columns) else {
                sinceEnd += 1
                continue
            }
            let goesOn = isDescending ? low < key && key < end ?? high : end ?? low < key && key < high
            guard goesOn else { break }
            try body(row)
            end = key
            (damagedCount, sinceEnd) = (damagedCount + sinceEnd, 0)
        }
        return (end, damagedCount)
    }

    /// What is left between two keys: by halves, the large parts before the small, until single keys are left or the effort is
    /// spent.
    private func rowsBetween(
        _ low: Int64, _ high: Int64, of table: StoredTable, _ body: (Row) throws(StoreFault) -> Void
    ) throws(StoreFault) -> Int {
        var damagedCount = 0
        // A queue whose front moves: each part is split at most once, so that it holds no more than two a probe.
        var parts = [(low: low, high: high)]
        var next = 0
        while next < parts.count {
            let part = parts[next]
            next += 1
            guard part.high - part.low > 1 else { continue }
            guard !effort.isSpent else {
                skippedCount += Int(part.high - part.low - 1)
                continue
            }
            let found = effort.probe { page(of: table, above: part.low, below: part.high) }
            if let found, found.isEmpty { continue }
            let passed = try pass(found ?? [], of: table, above: part.low, below: part.high, body)
            if let end = passed.end {
                damagedCount += passed.damagedCount
                parts.append((end, part.high))
            } else if part.high - part.low > 2 {
                let middle = part.low + (part.high - part.low) / 2
                parts.append((part.low, middle + 1))
                parts.append((middle, part.high))
            } else {
                damagedCount += 1
            }
        }
        return damagedCount
    }

    /// The same for a small table whose keys are texts.
    func namedRows(of table: StoredTable) -> [StoredRow] {
        var found: [String: StoredRow] = [:]
        for order in ["ASC", "DESC"] {
            var offset: Int64 = 0
            while offset < Self.namedRowCountMax,
                let page = page(of: table, "ORDER BY \(table.key) \(order) LIMIT 1 OFFSET ?", [.integer(offset)]),
                let columns = page.first
            {
                if let row = row(columns, of: table)?.row { found[row.keyText] = row }
                offset += 1
            }
        }
        return found.keys.sorted().compactMap { found[$0] }
    }

    /// False for a table that a later format brought; where the schema cannot be read, no table can.
    private func has(_ table: StoredTable) -> Bool {
        do throws(StoreFault) {
            return try connection.integer("SELECT 1 FROM sqlite_schema WHERE name = ?", [.text(table.name)]) == 1
        } catch {
            return false
        }
    }

    /// The rows nearest to one end of a range of keys, without its ends; nil where that part of the file cannot be read.
    private func page(
        of table: StoredTable, above low: Int64, below high: Int64, isDescending: Bool = false
    ) -> [[SQLiteValue]]? {
        let found = page(
            of: table,
            "WHERE \(table.key) > ? AND \(table.key) < ? "
                + "ORDER BY \(table.key) \(isDescending ? "DESC" : "ASC") LIMIT ?",
            [.integer(low), .integer(high), .integer(Self.pageRowCount)])
        effort.note(rowCount: found?.count ?? 0)
        return found
    }

    private func page(of table: StoredTable, _ clause: String, _ values: [SQLiteValue]) -> [[SQLiteValue]]? {
        do throws(StoreFault) {
            let sql = table.hasPayload ? table.selectWithPayloadSQL : table.selectSQL
            return try connection.rows(sql + " " + clause, values)
        } catch {
            return nil
        }
    }

    private func row(_ columns: [SQLiteValue], of table: StoredTable) -> Row? {
        do throws(StoreFault) {
            return Row(
                row: try StoredRow(table, columns: columns, opening: table.hasPayload ? seal : nil),
                isPayloadDamaged: false)
        } catch .damaged(.payload) {
            return Self.headRow(columns, of: table)
        } catch {
            return nil
        }
    }

    private static func headRow(_ columns: [SQLiteValue], of table: StoredTable) -> Row? {
        do throws(StoreFault) {
            return Row(
                row: try StoredRow(table, columns: Array(columns.dropLast())),
                isPayloadDamaged: true)
        } catch {
            return nil
        }
    }

    private static func key(_ columns: [SQLiteValue]?) -> Int64? {
        guard case .integer(let key)? = columns?.first else { return nil }
        return key
    }
}
