import CBORCoding
import CORProtocol
import HubCore

/// A loss of the upstream's whose items are not all pending again: a year of batches takes more than one transaction.
struct UnfinishedRequeue: CBORShape {
    let loss: UpstreamLoss
    /// The store's number of the last batch that is done with; 0 before the first.
    var done: UInt64
    /// The newest batch there was when the loss was noted.
    let end: UInt64

    init(_ loss: UpstreamLoss, end: UInt64) {
        (self.loss, done, self.end) = (loss, 0, end)
    }

    init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        self = try decoder.decodeArray(count: 5) { (decoder) throws(CBORError) in
            let kind: UInt64 = try decoder.decodeInteger()
            let epoch = Epoch(bytes: try decoder.decodeBytes())
            let sequence: UInt64 = try decoder.decodeInteger()
            let done: UInt64 = try decoder.decodeInteger()
            let end: UInt64 = try decoder.decodeInteger()
            var found: UnfinishedRequeue
            switch (kind, epoch) {
            case (1, let epoch?): found = .init(.from(BatchPosition(epoch: epoch, sequence: sequence)), end: end)
            case (2, let epoch?): found = .init(.before(epoch), end: end)
            case (3, nil): found = .init(.everything, end: end)
            case _: throw .unexpectedValue(expected: "a loss of the upstream's", offset: offset)
            }
            found.done = done
            return found
        }
    }

    func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 5)
        switch loss {
        case .from(let position):
            encoder.encode(1)
            encoder.encode(bytes: position.epoch.bytes)
            encoder.encode(position.sequence)
        case .before(let epoch):
            encoder.encode(2)
            encoder.encode(bytes: epoch.bytes)
            encoder.encode(0)
        case .everything:
            encoder.encode(3)
            encoder.encode(bytes: [])
            encoder.encode(0)
        }
        encoder.encode(done)
        encoder.encode(end)
    }
}

extension StoreReader {
    static let requeuesSetting = "requeues"

    /// Oldest first.
    func unfinishedRequeues() throws(StoreFault) -> [UnfinishedRequeue] {
        guard let bytes = try setting(Self.requeuesSetting) else { return [] }
        do throws(CBORError) {
            var decoder = CBORDecoder(bytes)
            let found = try decoder.decodeArray { (decoder) throws(CBORError) in
                try UnfinishedRequeue(from: &decoder)
            }
            try decoder.finish()
            return found
        } catch {
            throw .damaged(.shape(table: StoredTable.settings.name, key: Self.requeuesSetting))
        }
    }
}
