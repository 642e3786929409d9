import CORProtocol
import HubCore

extension StoreReader {
    /// The state's row, and the items that were stored since it was written.
    func stateWithTail() throws(StoreFault) -> StoreState {
        var state = try storedState()
        while let (section, row) = try contentIfPresent(of: state.itemHead + 1, withPayload: false) {
            var columns = row
            let item = try columns.unsigned()
            state.absorb(
                item: item, section, contentLength: try row.payloadLength, commitSequence: try columns.unsigned())
        }
        return state
    }

    /// Checks what was written since the last checkpoint, and the ends that everything continues from.
    ///
    /// Costs as much as lies behind the checkpoint, whatever the store's size: the rest was on the disk before, and
    /// is checked by `HubStore.verifyAll` and whenever it is read.
    func checkTail(of state: StoreState) throws(StoreFault) {
        for section in ItemSection.allCases {
            let newest = try connection.integer("SELECT max(item) FROM \(section.table.name)") ?? 0
            guard newest >= 0, UInt64(newest) <= state.itemHead else {
                throw .damaged(.itemMissing(item: state.itemHead + 1))
            }
        }
        if state.checkpointItem < state.itemHead {
            for item in (state.checkpointItem + 1)...state.itemHead {
                let (section, _) = try itemContent(item, withPayload: true)
                _ = try itemRow(item, in: section)
            }
        } else if state.itemHead > 0 {
            _ = try itemContent(state.itemHead, withPayload: false)
        }
        _ = try auditHead()
        if let head = try batchHead() { _ = try batch(head.position) }
        if let row = try row(.receipts, "ORDER BY batch DESC", withPayload: true) { _ = try row.bytesState }
        _ = try quarantined(countMax: 1)
        _ = try devices()
        _ = try rows(.settings, "")
    }
}
