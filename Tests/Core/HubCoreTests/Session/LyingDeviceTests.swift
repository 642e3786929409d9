import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import HubCore
import Testing

@Suite("A device that lies about its records")
struct LyingDeviceTests {
    /// The answer to a read request for `bytes`, as an honest device would give it for that record.
    private func piece(of bytes: [UInt8], _ request: [UInt8], lengthMax: Int = 200) throws -> SessionEvent {
        let request = try RecordReadRequest(decoding: request)
        let data = Array(bytes.dropFirst(request.offset).prefix(lengthMax))
        return .answered(
            payload: RecordReadResponse(offset: request.offset, data: data, recordLength: bytes.count).encoded())
    }

    /// Plays a device with records 1, 2 and 3, whose record 2 is listed and given as `bytes`.
    private func bench(givingForSecond bytes: (TestDevice) throws -> [UInt8]) throws -> SessionBench {
        var device = try TestDevice()
        try device.close(1...3)
        let false2 = try bytes(device)
        var bench = try SessionBench(device)
        try bench.open { effect in
            guard case .request(_, let command, let payload) = effect else { return .usual }
            switch command {
            case .recordRead where try RecordReadRequest(decoding: payload).sequence == 2:
                return .event(try piece(of: false2, payload))
            case .recordList where try RecordListRequest(decoding: payload).afterSequence == 0:
                let entry = RecordEntry(sequence: 2, length: false2.count, kind: .logExcerpt, hash: .of(false2))
                let page = RecordListResponse(records: [TestDevice.entry(device.records[0]), entry], hasMore: true)
                return .event(.answered(payload: page.encoded()))
            default:
                return .usual
            }
        }
        return bench
    }

    /// Record 2 was set aside with its bytes and the reason, 1 and 3 are kept, and all three may go from the device.
    private func expectSecondRefused(
        _ reason: RecordRefusalReason, bytes: [UInt8], in bench: SessionBench,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(bench.stored.map(\.refusal) == [nil, reason, nil], sourceLocation: sourceLocation)
        #expect(
            bench.stored.map(\.content).contains(.refused(bytes: bytes, reason: reason)), sourceLocation: sourceLocation
        )
        #expect(try bench.acknowledged == [1, 2, 3], sourceLocation: sourceLocation)
        #expect(bench.isWaiting, sourceLocation: sourceLocation)
    }

    @Test("A record whose signature was changed is set aside, and the others go on")
    func signature() throws {
        var forged: [UInt8] = []
        let bench = try bench { device in
            forged = device.records[1].bytes
            // The signature is the last of the message.
            forged[forged.count - 1] ^= 1
            return forged
        }
        try expectSecondRefused(.signatureInvalid, bytes: forged, in: bench)
    }

    @Test("A record that another key signed under this device's certificate is set aside")
    func otherKey() throws {
        var forged: [UInt8] = []
        let bench = try bench { device in
            forged = try SignedRecord.signing(
                device.records[1].payload, chain: device.chain, signer: P256COSESigner(P256.Signing.PrivateKey())
            ).bytes
            return forged
        }
        try expectSecondRefused(.signatureInvalid, bytes: forged, in: bench)
    }

    @Test("A record under another certificate than the one that was attested is set aside")
    func otherCertificate() throws {
        var forged: [UInt8] = []
        let bench = try bench { device in
            forged = try SignedRecord.signing(
                device.records[1].payload, chain: [[0x30, 0x01, 9]], signer: P256COSESigner(device.key)
            ).bytes
            return forged
        }
        try expectSecondRefused(.certificateDiffers, bytes: forged, in: bench)
    }

    @Test("A record of another device, passed on by this one, is set aside")
    func otherDevice() throws {
        var foreign: [UInt8] = []
        let bench = try bench { _ in
            foreign = try TestDevice("COR1-0002").record(2).bytes
            return foreign
        }
        try expectSecondRefused(.serialDiffers, bytes: foreign, in: bench)
    }

    @Test("An old record under a new sequence is set aside: the sequence is signed")
    func replayedRecord() throws {
        var replayed: [UInt8] = []
        let bench = try bench { device in
            replayed = device.records[0].bytes
            return replayed
        }
        try expectSecondRefused(.sequenceDiffers, bytes: replayed, in: bench)
    }

    @Test("Bytes that are no record are set aside")
    func garbage() throws {
        let garbage = [UInt8](repeating: 0xD2, count: 333)
        let bench = try bench { _ in garbage }
        try expectSecondRefused(.malformed, bytes: garbage, in: bench)
    }

    /// Plays a device with records 1 and 2, which answers reads of record 1 as told.
    private func bench(
        limits: SessionLimits = .init(),
        readingFirst answer: (RecordReadRequest, SignedRecord) throws -> SessionEvent
    ) throws -> SessionBench {
        var device = try TestDevice()
        try device.close(1...2)
        let record = device.records[0]
        var bench = try SessionBench(device, limits: limits)
        try bench.open { effect in
            guard case .request(_, .recordRead, let payload) = effect else { return .usual }
            let request = try RecordReadRequest(decoding: payload)
            return request.sequence == 1 ? .event(try answer(request, record)) : .usual
        }
        return bench
    }

    private func readCount(_ bench: SessionBench, sequence: UInt64) throws -> Int {
        try bench.effects.count { effect in
            guard case .request(_, .recordRead, let payload) = effect else { return false }
            return try RecordReadRequest(decoding: payload).sequence == sequence
        }
    }

    @Test("Bytes with another hash than the list's are read again, and set aside after three attempts")
    func hash() throws {
        let bench = try bench { request, record in
            var bytes = record.bytes
            bytes[40] ^= 1
            let data = Array(bytes.dropFirst(request.offset).prefix(10_000))
            return .answered(
                payload: RecordReadResponse(offset: request.offset, data: data, recordLength: bytes.count).encoded())
        }
        #expect(bench.stored.map(\.refusal) == [.hashDiffers, nil])
        #expect(try readCount(bench, sequence: 1) == 3)
    }

    @Test("Bytes that a fault changed once are read again and kept")
    func hashOnce() throws {
        var isFirst = true
        let bench = try bench { request, record in
            var bytes = record.bytes
            if isFirst { bytes[40] ^= 1 }
            isFirst = false
            return .answered(
                payload: RecordReadResponse(offset: request.offset, data: bytes, recordLength: bytes.count).encoded())
        }
        #expect(bench.stored.map(\.refusal) == [nil, nil])
    }

    @Test("Another length than the list's is set aside after three attempts, more bytes than the length at once")
    func length() throws {
        let longer = try bench { request, record in
            .answered(
                payload: RecordReadResponse(
                    offset: request.offset, data: [1], recordLength: record.bytes.count + 1
                ).encoded())
        }
        #expect(longer.stored.map(\.refusal) == [.lengthDiffers, nil])
        #expect(try readCount(longer, sequence: 1) == 3)

        let overfull = try bench { request, record in
            .answered(
                payload: RecordReadResponse(
                    offset: request.offset, data: record.bytes + [0], recordLength: record.bytes.count
                ).encoded())
        }
        #expect(overfull.stored.map(\.refusal) == [.unreadable, nil])
    }

    @Test("Answers without a byte, or for another offset, do not go on for ever")
    func noProgress() throws {
        let empty = try bench { request, record in
            .answered(
                payload: RecordReadResponse(offset: request.offset, data: [], recordLength: record.bytes.count)
                    .encoded())
        }
        #expect(empty.stored.map(\.refusal) == [.unreadable, nil])

        let elsewhere = try bench { request, record in
            .answered(
                payload: RecordReadResponse(
                    offset: request.offset + 1, data: [1], recordLength: record.bytes.count
                ).encoded())
        }
        #expect(elsewhere.stored.map(\.refusal) == [.unreadable, nil])
        #expect(try readCount(elsewhere, sequence: 1) == 3)
    }

    @Test("As many short answers as the limit are taken, one more is not")
    func drops() throws {
        var device = try TestDevice()
        try device.close(1...1)
        let length = device.records[0].bytes.count
        for (answerCountMax, refusal) in [(length, nil), (length - 1, .unreadable)] as [(Int, RecordRefusalReason?)] {
            var limits = SessionLimits()
            limits.readAnswerCountMax = answerCountMax
            var dripping = device
            dripping.pieceLengthMax = 1
            var bench = try SessionBench(dripping, limits: limits)
            try bench.open()
            #expect(bench.stored.map(\.refusal) == [refusal])
        }
    }

    @Test("A record that is listed and then refused is named as unreadable, and the others go on")
    func refusedRead() throws {
        let bench = try bench { _, _ in .refusedByDevice(code: 2) }
        #expect(bench.stored.map(\.content).first == .refused(bytes: [], reason: .unreadable))
        #expect(bench.stored.map(\.sequence) == [1, 2])
        #expect(bench.stored.map(\.refusal) == [.unreadable, nil])
    }

    @Test("A read answer that is no CBOR is asked for again, and named as unreadable after three attempts")
    func malformedAnswer() throws {
        let bench = try bench { _, _ in .answered(payload: [0xFF]) }
        #expect(bench.stored.map(\.refusal) == [.unreadable, nil])
        #expect(try readCount(bench, sequence: 1) == 3)
    }

    @Test("As many refused records as the limit end the session, one fewer does not")
    func tooMany() throws {
        for (count, end) in [(3, nil), (4, SessionEnd.refused(.tooManyRefusedRecords))] as [(UInt64, SessionEnd?)] {
            var limits = SessionLimits()
            limits.refusedCountMax = 4
            var device = try TestDevice()
            let other = try TestDevice("COR1-0002")
            device.records = try (1...count).map { try other.record($0) }
            device.newestSequence = count
            var bench = try SessionBench(device, limits: limits)
            try bench.open()
            #expect(bench.end == end)
            #expect(bench.stored.count == Int(count))
        }
    }
}
