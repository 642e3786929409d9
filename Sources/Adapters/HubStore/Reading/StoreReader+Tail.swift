import CORProtocol
import HubCore

extension StoreReader {
    /// Checks what was written since the last checkpoint, and the ends that everything continues from.
    ///
    /// Costs as much as lies behind the checkpoint, whatever the store's size: the rest was on the disk before, and
    /// is checked by `HubStore.verifyAll` and whenever it is read.
    func checkTail(of state: StoreState) throws(StoreFault) {
        let newest = try connection.integer("SELECT max(item) FROM items") ?? 0
        guard UInt64(exactly: newest) == state.itemHead else { throw .damaged(.itemMissing(item: state.itemHead)) }
        if state.checkpointItem < state.itemHead {
            for number in (state.checkpointItem + 1)...state.itemHead {
                let item = try itemRow(number)
                _ = try content(of: item.section.table, item: number)
            }
        }
        _ = try auditHead()
        if let head = try batchHead() { _ = try batch(head.position) }
        if let row = try row(.receipts, "ORDER BY batch DESC", withPayload: true) { _ = try row.bytesState }
        _ = try quarantined(countMax: 1)
        _ = try devices()
        _ = try rows(.settings, "")
    }
}
