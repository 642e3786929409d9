import DeviceLinks
import HubCore
import NIOPosix
import SMPProtocol
import Synchronization
import Testing

@Suite("The SMP client", .timeLimit(.minutes(1)))
struct SMPClientTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    private func client(port: Int, limits: SMPExchangeLimits = SMPExchangeLimits()) throws -> SMPClient {
        SMPClient(
            link: try UDPDeviceLink(host: "127.0.0.1", port: port, on: eventLoop), limits: limits, on: eventLoop)
    }

    /// Answers echoes; every second datagram is lost where `loses` is set.
    private func echoing(loses: Bool = false) -> @Sendable ([UInt8]) -> [UInt8]? {
        let count = Counter()
        return { bytes in
            guard !loses || count.next().isMultiple(of: 2) else { return nil }
            guard let message = try? SMPMessage(decoding: bytes), let request = try? message.request(EchoRequest.self)
            else { return nil }
            return message.answered(EchoResponse(text: request.text)).encoded()
        }
    }

    @Test("Requests of many tasks get their own answers")
    func manyTasks() async throws {
        try await UDPPeer.with(answering: echoing()) { port in
            let client = try client(port: port, limits: SMPExchangeLimits(windowMax: 4))
            try await client.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<50 {
                    group.addTask {
                        let answer = try await client.request(EchoRequest(text: "\(index)"))
                        #expect(answer == EchoResponse(text: "\(index)"))
                    }
                }
                try await group.waitForAll()
            }
            client.close()
        }
    }

    @Test("A lost request is repeated")
    func repeats() async throws {
        try await UDPPeer.with(answering: echoing(loses: true)) { port in
            let client = try client(
                port: port, limits: SMPExchangeLimits(attemptCountMax: 250, responseTimeout: .milliseconds(20)))
            try await client.open()
            for text in ["a", "b", "c"] {
                #expect(try await client.request(EchoRequest(text: text)) == EchoResponse(text: text))
            }
            client.close()
        }
    }

    @Test("A silent device fails a request after its attempts")
    func silent() async throws {
        try await UDPPeer.with(answering: { _ in nil }) { port in
            let limits = SMPExchangeLimits(attemptCountMax: 2, responseTimeout: .milliseconds(10))
            let client = try client(port: port, limits: limits)
            try await client.open()
            await #expect(throws: SMPClientError.exchangeFailed(.timedOut(attemptCount: 2))) {
                try await client.request(ParametersRequest())
            }
            client.close()
        }
    }

    @Test("A device that is not there fails requests as refused, before and after")
    func notThere() async throws {
        let closedPort = try await UDPPeer.with(answering: { _ in nil }) { $0 }
        let client = try client(port: closedPort)
        try await client.open()
        for _ in 0..<2 {
            await #expect(throws: SMPClientError.exchangeFailed(.linkGone(.refused))) {
                try await client.request(ParametersRequest())
            }
        }
    }

    @Test("A refusal and a malformed answer are told apart")
    func refusals() async throws {
        try await UDPPeer.with(answering: { bytes in
            guard let message = try? SMPMessage(decoding: bytes) else { return nil }
            return message.header.command == ParametersRequest.command
                ? message.answered(SMPFailure(.notSupported)).encoded()
                : message.answered(EmptyResponse()).encoded()
        }) { port in
            let client = try client(port: port)
            try await client.open()
            await #expect(throws: SMPClientError.refused(SMPFailure(.notSupported))) {
                try await client.request(ParametersRequest())
            }
            await #expect(throws: SMPClientError.responseMalformed(.fieldMissing("r"))) {
                try await client.request(EchoRequest(text: ""))
            }
            client.close()
        }
    }

    @Test("Cancelling the task that waits ends the wait")
    func cancelled() async throws {
        try await UDPPeer.with(answering: { _ in nil }) { port in
            let client = try client(port: port)
            try await client.open()
            let waiting = Task { try await client.request(ParametersRequest()) }
            waiting.cancel()
            await #expect(throws: SMPClientError.cancelled) { try await waiting.value }
            client.close()
        }
    }

    @Test("An image is uploaded whole, with progress to its end, through loss", arguments: [false, true])
    func uploads(loses: Bool) async throws {
        let image = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let device = UploadTarget()
        let count = Counter()
        try await UDPPeer.with(answering: { bytes in
            loses && count.next() % 5 == 2 ? nil : device.answer(bytes)
        }) { port in
            let client = try client(
                port: port, limits: SMPExchangeLimits(attemptCountMax: 250, responseTimeout: .milliseconds(20)))
            try await client.open()
            let reached = Mutex(0)
            let outcome = try await client.upload(
                image, limits: ImageUploadLimits(messageLengthMax: 8_192, windowMax: 4)
            ) { offset in
                reached.withLock { $0 = offset }
            }
            #expect(outcome == ImageUploadOutcome(length: image.count, resumedOffset: 0, match: true))
            #expect(reached.withLock { $0 } == image.count)
            #expect(device.stored == image)
            client.close()
        }
    }
}

/// Counts from 0, from any thread.
private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}

/// A device that does nothing but take an upload.
private final class UploadTarget: Sendable {
    private struct Upload {
        var data: [UInt8] = []
        var length = 0
    }

    private let upload = Mutex(Upload())

    var stored: [UInt8] { upload.withLock { $0.data } }

    func answer(_ bytes: [UInt8]) -> [UInt8]? {
        guard let message = try? SMPMessage(decoding: bytes),
            let request = try? message.request(ImageUploadRequest.self)
        else { return nil }
        return upload.withLock { upload in
            if let first = request.first, upload.data.isEmpty {
                upload = Upload(data: request.data, length: Int(first.length))
            } else if Int(request.offset) == upload.data.count {
                upload.data += request.data
            }
            let isWhole = upload.data.count == upload.length
            return message.answered(
                ImageUploadResponse(offset: UInt32(upload.data.count), match: isWhole ? true : nil)
            ).encoded()
        }
    }
}
