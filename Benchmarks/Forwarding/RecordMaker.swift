import CORProtocol
import COSESigning
import DeviceSimulator

struct BenchmarkRecord: Sendable {
    let item: RecordItem
    let cartridge: String
}

/// Devices of a test authority that sign runs of about 10 KB, each in its own order.
struct RecordMaker: Sendable {
    private static let sampleCount = 3_000
    private static let workerCount = 2

    private let identities: [DeviceIdentity]

    init(authority folder: String, serial: String, deviceCount: Int) throws {
        guard let authority = try AuthorityFolder(path: folder).load() else {
            throw BenchmarkFailure(step: "the device authority in \(folder)")
        }
        identities = try (0..<deviceCount).map { device in
            guard let serial = DeviceSerial("\(serial)-\(device)") else { throw BenchmarkFailure(step: "serial") }
            return try DeviceIdentity(serial: serial, authority: authority)
        }
    }

    /// Records of all devices in turns.
    func records(count: Int) async throws -> [BenchmarkRecord] {
        let length = max(1, count / Self.workerCount + 1)
        return try await withThrowingTaskGroup { group in
            for begin in stride(from: 0, to: count, by: length) {
                group.addTask {
                    (begin, try (begin..<min(begin + length, count)).map { try record($0) })
                }
            }
            var parts: [(begin: Int, records: [BenchmarkRecord])] = []
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.begin < $1.begin }.flatMap(\.records)
        }
    }

    private func record(_ index: Int) throws -> BenchmarkRecord {
        let identity = identities[index % identities.count]
        let sequence = UInt64(index / identities.count) + 1
        var generator = SplitMix(state: UInt64(index))
        // Two bytes of content each, that do not compress.
        let falls = (0..<Self.sampleCount).map { _ in Int32(300 + generator.next() % 65_000) }
        let cartridge = "bench-\(index)"
        let run = SedimentationRun(
            cartridge: Cartridge(id: cartridge, lot: "bench"),
            geometry: ColumnGeometry(
                profile: "esr-profile/short-60", columnMicrometres: 60_000, bloodPerMille: 800),
            calibrationID: "bench", start: nil, samplePeriodMilliseconds: 600, fallsMicrometres: falls,
            temperature: SampleTrace(periodMilliseconds: 60_000, values: []),
            tilt: SampleTrace(periodMilliseconds: 60_000, values: []), end: .complete)
        let signed = try SignedRecord.signing(
            RecordPayload(
                serial: identity.serial, bootCounter: 1, sequence: sequence,
                closed: DeviceTime(uptimeMilliseconds: sequence, wallMilliseconds: nil), body: .sedimentationRun(run)),
            chain: [identity.certificate], signer: P256COSESigner(identity.key))
        let item = RecordItem(
            recordID: signed.id, serial: identity.serial, sequence: sequence, bytes: signed.bytes,
            received: TimeBlock(
                bootID: [UInt8](repeating: 1, count: 16), boottimeNanoseconds: sequence, wallMilliseconds: 1,
                sync: .never, rtcPresent: false),
            link: .usb, trust: .attested, subject: nil, backfilled: false, clockOffsetMilliseconds: nil)
        return BenchmarkRecord(item: item, cartridge: cartridge)
    }
}

/// The same bytes in each run.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
