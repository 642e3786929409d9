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
    /// Keys that are asked for one by one around a place that cannot be read, at most.
    private static let probeCountMax: Int64 = 4_000_000
    private static let pageRowCount: Int64 = 32

    /// nil where there is nothing that could be opened.
    init?(path: String) {
        do throws(StoreFault) {
            connection = try SQLiteConnection(path: path)
            try connection.script("PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF")
            _ = try connection.integer("PRAGMA schema_version")
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
            return try StoreReader(connection: connection, state: StoreState()).stateWithTail()
        } catch {
            return nil
        }
    }

    /// False for a table that a store of an earlier format has not got.
    func has(_ table: StoredTable) -> Bool {
        do throws(StoreFault) {
            return try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = ?", [.text(table.name)]) != 0
        } catch {
            return true
        }
    }

    /// Calls `body` with every sound row of a table that counts its rows, in no order.
    ///
    /// - Returns: How many rows were there and not sound.
    func rows(
        of table: StoredTable, _ body: (Row) throws(StoreFault) -> Void
    ) throws(StoreFault) -> Int {
        var damagedCount = 0
        var low: Int64 = 0
        var high: Int64 = .max
        // From both ends towards the first place that cannot be read.
        while let page = page(of: table, "WHERE \(table.key) > ? ORDER BY \(table.key) LIMIT ?", low) {
            guard let last = Self.key(page.last) else { return damagedCount }
            for columns in page { damagedCount += try take(columns, of: table, body) }
            low = last
        }
        while let page = page(
            of: table, "WHERE \(table.key) < ? AND \(table.key) > \(low) ORDER BY \(table.key) DESC LIMIT ?", high)
        {
            guard let last = Self.key(page.last) else { return damagedCount }
            for columns in page { damagedCount += try take(columns, of: table, body) }
            high = last
        }
        // Between them each key alone.
        let end = min(high == .max ? Int64(clamping: state?.itemHead ?? 0) + 1 : high, low + Self.probeCountMax)
        guard low + 1 < end else { return damagedCount }
        for key in (low + 1)..<end {
            guard let page = page(of: table, "WHERE \(table.key) = ? LIMIT ?", key) else {
                damagedCount += 1
                continue
            }
            for columns in page { damagedCount += try take(columns, of: table, body) }
        }
        return damagedCount
    }

    /// The same for a small table whose keys are texts.
    func namedRows(of table: StoredTable) -> [StoredRow] {
        var found: [String: StoredRow] = [:]
        for order in ["ASC", "DESC"] {
            var offset: Int64 = 0
            while let page = page(of: table, "ORDER BY \(table.key) \(order) LIMIT 1 OFFSET ?", offset, limited: false),
                let columns = page.first
            {
                if let row = Self.row(columns, of: table)?.row { found[row.keyText] = row }
                offset += 1
            }
        }
        return found.keys.sorted().compactMap { found[$0] }
    }

    /// nil where that part of the file cannot be read.
    private func page(
        of table: StoredTable, _ clause: String, _ value: Int64, limited: Bool = true
    ) -> [[SQLiteValue]]? {
        let sql = (table.hasPayload ? table.selectWithPayloadSQL : table.selectSQL) + " " + clause
        do throws(StoreFault) {
            return try connection.rows(sql, [.integer(value)] + (limited ? [.integer(Self.pageRowCount)] : []))
        } catch {
            return nil
        }
    }

    private func take(
        _ columns: [SQLiteValue], of table: StoredTable, _ body: (Row) throws(StoreFault) -> Void
    ) throws(StoreFault) -> Int {
        guard let row = Self.row(columns, of: table) else { return 1 }
        try body(row)
        return 0
    }

    private static func row(_ columns: [SQLiteValue], of table: StoredTable) -> Row? {
        do throws(StoreFault) {
            return Row(
                row: try StoredRow(table, columns: columns, withPayload: table.hasPayload), isPayloadDamaged: false)
        } catch .damaged(.payload) {
            return headRow(columns, of: table)
        } catch {
            return nil
        }
    }

    private static func headRow(_ columns: [SQLiteValue], of table: StoredTable) -> Row? {
        do throws(StoreFault) {
            return Row(
                row: try StoredRow(table, columns: Array(columns.dropLast()), withPayload: false),
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
