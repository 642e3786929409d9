package import CORProtocol
package import HubCore

extension StoreTransaction: IntakeTransaction {
    package func insert(
        record: RecordItem, kind: RecordKind, cartridge: String?
    ) throws(StoreFault) -> RecordInsertion {
        try insert(SealedRecord(record, kind: kind, cartridge: cartridge, sealing: seal))
    }
}
