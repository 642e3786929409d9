import CORProtocol
import HubCore
import Testing

/// Values that tests put into stores.
enum Samples {
    /// Made anew for each run of the tests.
    static let storageKey = storageKey(secret: (0..<32).map { _ in UInt8.random(in: 0...255) })

    static func storageKey(secret: [UInt8]) -> StorageKey {
        guard let key = StorageKey(secret: secret, protection: .file) else { preconditionFailure("32 bytes") }
        return key
    }

    static func serial(_ number: Int = 1) throws -> DeviceSerial {
        let digits = String(number)
        return try #require(DeviceSerial("COR1-" + String(repeating: "0", count: 4 - digits.count) + digits))
    }

    static func epoch(_ byte: UInt8 = 1) throws -> Epoch {
        try #require(Epoch(bytes: [UInt8](repeating: byte, count: 16)))
    }

    static func time(_ wallMilliseconds: Int64 = 1_000) -> TimeBlock {
        TimeBlock(
            bootID: [UInt8](repeating: 7, count: 16), boottimeNanoseconds: UInt64(wallMilliseconds) * 1_000_000,
            wallMilliseconds: wallMilliseconds, sync: .synchronised, rtcPresent: false)
    }

    static func record(
        _ sequence: UInt64, device: Int = 1, length: Int = 200, variant: UInt8 = 0, received: Int64 = 1_000
    ) throws -> RecordItem {
        var bytes = [UInt8](repeating: variant, count: length)
        for index in 0..<min(8, length) { bytes[index] = UInt8(truncatingIfNeeded: sequence >> (8 * UInt64(index))) }
        bytes[length - 1] = UInt8(device)
        return RecordItem(
            recordID: .of(bytes), serial: try serial(device), sequence: sequence, bytes: bytes,
            received: time(received), link: .udp, trust: .attested, subject: SubjectID("subject-1"),
            backfilled: false, clockOffsetMilliseconds: -12)
    }

    static func result(of record: RecordItem, made: Int64 = 2_000) -> AnalysisResult {
        AnalysisResult(
            inputs: [record.recordID],
            algorithm: AlgorithmIdentity(
                id: "esr", version: "1.0.0", modelHash: .of([1]), profile: "esr-profile/short-60"),
            made: time(made), subject: record.subject,
            output: ESROutput(
                status: .preliminary, reasons: [], centiMillimetresPerHour: 1_250,
                interval90: ESRInterval(low: 1_100, high: 1_400), centiMinutes: 3_000, comparator: .equal),
            configurationHash: .of([2]))
    }

    static func gap(_ first: UInt64, _ last: UInt64, device: Int = 1, noticed: Int64 = 3_000) throws -> Gap {
        Gap(
            serial: try serial(device), first: first, last: last, reason: .missing, noticed: time(noticed),
            detail: "the device had no such record")
    }

    static func deviceEvent(device: Int = 1) throws -> DeviceEvent {
        DeviceEvent(serial: try serial(device), type: "connected", time: time(), detail: "udp")
    }

    static func firmwareEvent(device: Int = 1) throws -> FirmwareEvent {
        FirmwareEvent(serial: try serial(device), type: "offered", time: time(), detail: "1.2.0")
    }

    static func device(_ number: Int = 1) throws -> DeviceRow {
        DeviceRow(
            serial: try serial(number), model: "COR One", hardware: "B", firmware: "1.1.0", trust: .attested,
            certificateThumbprint: .of([3]), firstSeen: time(500), lastSeen: time(900),
            alias: "kitchen", subject: SubjectID("subject-1"))
    }

    /// The next batch after `head` over `items`; its bytes stand for a signed batch.
    static func batch(
        _ items: PendingItems, after head: BatchHead?, epoch: UInt8 = 1, cut: Int64 = 5_000
    ) throws -> SignedBatchRow {
        let epoch = try Samples.epoch(epoch)
        let continues = head?.position.epoch == epoch
        let sequence = continues ? (head?.position.sequence ?? 0) + 1 : 1
        let bytes = Array("batch \(epoch.hex) \(sequence) \(items.count)".utf8)
        return SignedBatchRow(
            position: BatchPosition(epoch: epoch, sequence: sequence), hash: .of(bytes),
            previousHash: continues ? head?.hash ?? .zero : .zero, bytes: bytes, cut: time(cut))
    }

    static func receipt(
        _ batch: SignedBatchRow, status: ReceiptStatus = .accepted, at time: Int64 = 6_000
    ) throws -> Receipt {
        Receipt(
            hubID: try #require(HubID("hub-0001")), epoch: batch.position.epoch, sequence: batch.position.sequence,
            batchHash: batch.hash, logID: .of([4]), inclusion: status == .rejected ? nil : [1, 2, 3],
            upstreamMilliseconds: time, status: status, reason: status == .rejected ? "bad" : nil,
            nextSequence: batch.position.sequence + 1)
    }
}
