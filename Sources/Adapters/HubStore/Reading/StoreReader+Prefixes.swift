package import CORProtocol
package import HubCore

extension StoreReader {
    /// Hexadecimal digits that are looked up by their beginning, at least.
    private static let digitCountMin = 8

    /// At most two records whose id begins with these hexadecimal digits: enough to know whether there is just one.
    package func recordIDs(beginningWith digits: String) throws(StoreFault) -> [SHA256Hash] {
        guard digits.utf8.count >= Self.digitCountMin,
            let low = SHA256Hash(hex: digits.padded(with: "0")), let high = SHA256Hash(hex: digits.padded(with: "f"))
        else { return [] }
        var ids: [SHA256Hash] = []
        for item in try recordItems(from: low, to: high, countMax: 2) {
            var row = try content(of: .records, item: item, withPayload: false)
            row.skip(2)
            ids.append(try row.hash())
        }
        return ids
    }
}

extension String {
    /// To the length of a SHA-256 in hexadecimal.
    fileprivate func padded(with digit: Character) -> String {
        self + String(repeating: digit, count: max(0, 64 - utf8.count))
    }
}
