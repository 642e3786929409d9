import CBORCoding
import CORProtocol
import COSESigning
import DeviceLinks
import HubCore
import SMPProtocol
import Synchronization

/// What passes one link, message by message.
enum LinkRates {
    struct Fault: Error {
        var reason: String
    }

    /// Echo requests of 60,000 bytes, which the device answers with as many; MB/s both ways together.
    ///
    /// The next request leaves from within the handler, as the next chunk of an upload does.
    static func bare(_ link: any DeviceLink) async -> Double {
        let roundCount = 300
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: 59_986)
        let payload = [0xA1, 0x61, UInt8(ascii: "d"), 0x79, UInt8(text.count >> 8), UInt8(text.count & 0xFF)] + text
        let request = [0x0A, 0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), 0, 0, 1, 0] + payload
        let start = Mutex(ContinuousClock.now)
        let leftCount = Atomic(roundCount)
        let duration = await withCheckedContinuation { (continuation: CheckedContinuation<Double, Never>) in
            link.start { event in
                switch event {
                case .opened:
                    start.withLock { $0 = .now }
                    link.send(request)
                case .received(let answer):
                    guard answer.count == request.count else { return link.close() }
                    let left = leftCount.subtract(1, ordering: .relaxed).newValue
                    if left > 0 { link.send(request) } else { link.close() }
                case .gone:
                    continuation.resume(returning: microseconds(start.withLock { $0 }.duration(to: .now)))
                }
            }
        }
        return leftCount.load(ordering: .relaxed) == 0 ? Double(2 * roundCount * request.count) / duration : 0
    }

    /// Microseconds of each echo, one at a time.
    ///
    /// Not in main.swift, whose code is the main actor's: each answer would wake a second thread.
    static func echoes(_ client: SMPClient, count: Int, warmUpCount: Int) async throws -> [Double] {
        let clock = ContinuousClock()
        var echoes: [Double] = []
        for index in 0..<(warmUpCount + count) {
            let start = clock.now
            _ = try await client.request(EchoRequest(text: "0123456789"))
            if index >= warmUpCount { echoes.append(microseconds(start.duration(to: clock.now))) }
        }
        return echoes
    }

    /// Reads every record that the device has, as a session does: one request after the other. Prints bytes and KB/s.
    static func records(_ link: any DeviceLink) async throws -> String {
        let (events, continuation) = AsyncStream.makeStream(of: LinkEvent.self)
        link.start { continuation.yield($0) }
        defer { link.close() }
        var iterator = events.makeAsyncIterator()
        guard case .opened = await iterator.next() else { throw Fault(reason: "no link") }
        var sequence: UInt8 = 0
        func ask(_ command: CORCommand, _ payload: [UInt8]) async throws -> [UInt8] {
            sequence &+= 1
            link.send(
                SMPMessage(
                    operation: .read, group: CORCommand.group, sequence: sequence, command: command.rawValue,
                    payload: payload
                ).encoded())
            while let event = await iterator.next() {
                guard case .received(let bytes) = event else { break }
                let message = try SMPMessage(decoding: bytes)
                if message.header.sequence == sequence, message.header.operation.isResponse { return message.payload }
            }
            throw Fault(reason: "no answer to \(command)")
        }

        let list = try RecordListResponse(
            decoding: await ask(.recordList, RecordListRequest(afterSequence: 0).encoded()))
        let start = ContinuousClock.now
        var byteCount = 0
        for entry in list.records {
            var bytes: [UInt8] = []
            while bytes.count < entry.length {
                let request = RecordReadRequest(
                    sequence: entry.sequence, offset: bytes.count, lengthMax: SessionLimits().readLengthMax)
                bytes += try RecordReadResponse(decoding: await ask(.recordRead, request.encoded())).data
            }
            guard SHA256Hash.of(bytes) == entry.hash else { throw Fault(reason: "record \(entry.sequence) is damaged") }
            byteCount += bytes.count
        }
        let duration = microseconds(start.duration(to: .now))
        return "\(list.records.count) of \(byteCount) bytes, \(Double(byteCount) * 1e3 / duration) KB/s"
    }
}
