import CBORCoding
package import HubCore

// The table of settings: one row a key; keys of devices are a word, a slash and the serial number.
extension StoreReader {
    package func setting(_ key: String) throws(StoreFault) -> [UInt8]? {
        guard var row = try row(.settings, "WHERE key = ?", [.text(key)]) else { return nil }
        row.skip()
        return try row.blob()
    }

    func setting<Shape: CBORShape>(_ key: String, as shape: Shape.Type) throws(StoreFault) -> Shape? {
        guard let row = try row(.settings, "WHERE key = ?", [.text(key)]) else { return nil }
        return try Self.shape(shape, in: row)
    }

    /// Of all devices, by their serial numbers.
    ///
    /// - Parameter prefix: with its slash.
    func settings<Shape: CBORShape>(below prefix: String, as shape: Shape.Type) throws(StoreFault) -> [Shape] {
        // "0" is the character behind "/".
        let rows = try rows(
            .settings, "WHERE key >= ? AND key < ? ORDER BY key", [.text(prefix), .text(prefix.dropLast() + "0")])
        var shapes: [Shape] = []
        for row in rows { shapes.append(try Self.shape(shape, in: row)) }
        return shapes
    }

    private static func shape<Shape: CBORShape>(
        _ shape: Shape.Type, in row: StoredRow
    ) throws(StoreFault) -> Shape {
        var row = row
        row.skip()
        return try row.shape(shape)
    }
}
