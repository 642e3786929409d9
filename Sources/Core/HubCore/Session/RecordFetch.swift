package import CORProtocol

/// One record on its way from the device, in pieces.
package struct RecordFetch: Sendable, Equatable {
    package let serial: DeviceSerial
    package let entry: RecordEntry
    package private(set) var bytes: [UInt8] = []
    private(set) var answerCount = 0
    var attempt = 1

    init(serial: DeviceSerial, entry: RecordEntry) {
        self.serial = serial
        self.entry = entry
    }

    var offset: Int { bytes.count }
    var isComplete: Bool { offset == entry.length }

    /// Goes on with what an earlier session read, when it is the same record: same device, sequence, size and hash.
    func resuming(_ earlier: RecordFetch?) -> RecordFetch {
        guard let earlier, earlier.serial == serial, earlier.entry == entry else { return self }
        return earlier
    }

    func restarted() -> RecordFetch {
        var fetch = RecordFetch(serial: serial, entry: entry)
        fetch.attempt = attempt + 1
        return fetch
    }

    enum Progress {
        case more(RecordFetch)
        case complete(RecordFetch)
        case refused(RecordRefusalReason)
        /// The answer was for another offset than asked, or late.
        case outOfStep
    }

    /// Takes one answer. The record's length is bounded by the entry, which the list answer's decoder bounded.
    func taking(_ answer: RecordReadResponse, answerCountMax: Int) -> Progress {
        guard answer.recordLength == entry.length else { return .refused(.lengthDiffers) }
        guard answer.offset == offset else { return .outOfStep }
        guard offset + answer.data.count <= entry.length else { return .refused(.lengthDiffers) }
        guard !answer.data.isEmpty, answerCount < answerCountMax else { return .refused(.unreadable) }
        var fetch = self
        fetch.bytes += answer.data
        fetch.answerCount += 1
        return fetch.isComplete ? .complete(fetch) : .more(fetch)
    }
}
