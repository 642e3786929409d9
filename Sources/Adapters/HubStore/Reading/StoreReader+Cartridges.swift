package import CORProtocol
package import HubCore

extension StoreReader {
    /// Whether another record than `id` names this cartridge. A cartridge is for one measurement.
    package func isCartridgeUsed(_ cartridge: String, besides id: SHA256Hash) throws(StoreFault) -> Bool {
        try row(.records, "WHERE cartridge = ? AND record_id <> ?", [.text(cartridge), .hash(id)]) != nil
    }
}
