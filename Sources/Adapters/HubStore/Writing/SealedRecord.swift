package import CORProtocol

/// A record that is ready to be stored.
///
/// Made by whoever brings the record, before the store's thread sees it: hashing and sealing are most of what storing a
/// record takes of a processor, and this way they go on while the store waits for the disk.
package struct SealedRecord: Sendable {
    private(set) var item: RecordItem
    let kind: RecordKind
    let cartridge: String?
    let content: StoredContent

    /// - Parameters:
    ///   - kind: As in the record's payload.
    ///   - cartridge: The cartridge's id, where the kind has one.
    ///   - store: That it will be put into: its key seals.
    package init(_ item: RecordItem, kind: RecordKind, cartridge: String?, for store: HubStore) {
        self.init(item, kind: kind, cartridge: cartridge, sealing: store.seal)
    }

    init(_ item: RecordItem, kind: RecordKind, cartridge: String?, sealing seal: ContentSeal) {
        self.item = item
        self.kind = kind
        self.cartridge = cartridge
        content = StoredContent(item.bytes, in: .records, sealing: seal)
    }

    /// The same bytes, with whose they are.
    package func assigned(to subject: SubjectID?) -> SealedRecord {
        var record = self
        record.item.subject = subject
        return record
    }
}
