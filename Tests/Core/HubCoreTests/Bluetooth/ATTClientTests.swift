import BluetoothProtocol
import HubCore
import SMPProtocol
import Testing

@Suite("Finding and using the SMP characteristic")
struct ATTClientTests {
    private static let service = BluetoothSamples.service
    private static let characteristic = BluetoothSamples.characteristic

    private var client = ATTClient(service: service, characteristic: characteristic)

    private static func declaration(
        _ uuid: BluetoothUUID = characteristic, value: UInt8 = 12, properties: UInt8 = 0x14
    ) -> [UInt8] {
        [properties, value, 0] + uuid.wireBytes
    }

    private static let answers: [ATTPDU] = [
        .exchangeMTUResponse(mtu: 247),
        .findByTypeValueResponse([10...20]),
        .readByTypeResponse([.init(handle: 11, value: declaration())]),
        .errorResponse(requestOpcode: 0x08, handle: 13, code: .attributeNotFound),
        .findInformationResponse([.init(handle: 13, type: .short(0x2901)), .init(handle: 14, type: .short(0x2902))]),
        .writeResponse,
    ]

    /// What is written after each answer, timers left out.
    private func written(_ answers: [ATTPDU]) -> [ATTClient.Effect] {
        var client = client
        var effects = client.handle(.began)
        for answer in answers { effects += client.handle(.received(pdu: answer.encoded())) }
        return effects.filter { if case .startTimer = $0 { false } else { true } }
    }

    private func write(_ pdu: ATTPDU) -> ATTClient.Effect { .write(pdu: pdu.encoded()) }

    private func opened(mtu: UInt16 = 247) -> ATTClient {
        var client = client
        _ = client.handle(.began)
        for answer in [.exchangeMTUResponse(mtu: mtu)] + Self.answers.dropFirst() {
            _ = client.handle(.received(pdu: answer.encoded()))
        }
        return client
    }

    @Test("MTU, service, characteristic, its end, descriptors, subscription: then messages pass")
    func discovery() {
        #expect(
            written(Self.answers) == [
                write(.exchangeMTURequest(mtu: 517)),
                write(.findByTypeValueRequest(handles: 1...0xFFFF, type: 0x2800, value: Self.service.wireBytes)),
                write(.readByTypeRequest(handles: 10...20, type: .short(0x2803))),
                write(.readByTypeRequest(handles: 13...20, type: .short(0x2803))),
                write(.findInformationRequest(handles: 13...20)),
                write(.writeRequest(handle: 14, value: [1, 0])),
                .ready(mtu: 247),
            ])
    }

    @Test("Another characteristic before it is passed over, and one behind it ends its descriptors")
    func neighbours() {
        let other = ATTPDU.HandleAndValue(handle: 11, value: Self.declaration(.short(0x2A00)))
        let ours = ATTPDU.HandleAndValue(handle: 13, value: Self.declaration(value: 14))
        let next = ATTPDU.HandleAndValue(handle: 17, value: Self.declaration(Self.service, value: 18))
        #expect(
            written([Self.answers[0], Self.answers[1], .readByTypeResponse([other])]).last
                == write(.readByTypeRequest(handles: 12...20, type: .short(0x2803))))
        #expect(
            written([Self.answers[0], Self.answers[1], .readByTypeResponse([ours, next])]).last
                == write(.findInformationRequest(handles: 15...16)))
        #expect(
            written([Self.answers[0], Self.answers[1], .readByTypeResponse([ours]), .readByTypeResponse([next])]).last
                == write(.findInformationRequest(handles: 15...16)))
    }

    @Test(
        "A device that knows no MTU exchange keeps 23; one that offers more than 517 gets 517; less than 23 is refused")
    func mtus() {
        let refusal = ATTPDU.errorResponse(requestOpcode: 2, handle: 0, code: .requestNotSupported)
        for (answer, mtu) in [
            (refusal, 23), (.exchangeMTUResponse(mtu: 23), 23), (.exchangeMTUResponse(mtu: 0xFFFF), 517),
        ]
            as [(ATTPDU, UInt16)]
        {
            #expect(written([answer] + Self.answers.dropFirst()).last == .ready(mtu: mtu))
        }
        #expect(written([.exchangeMTUResponse(mtu: 22)]).last == .fail(.mtuTooSmall(22)))
    }

    @Test("What is missing or unfit is named")
    func faults() {
        let notFound = ATTPDU.errorResponse(requestOpcode: 0, handle: 1, code: .attributeNotFound)
        let denied = ATTPDU.errorResponse(requestOpcode: 0x12, handle: 14, code: .insufficientAuthentication)
        func after(_ count: Int, _ answer: ATTPDU) -> ATTClient.Effect? {
            written(Self.answers.prefix(count) + [answer]).last
        }
        #expect(after(1, notFound) == .fail(.serviceMissing))
        #expect(after(2, notFound) == .fail(.characteristicUnfit))
        #expect(
            after(2, .readByTypeResponse([.init(handle: 11, value: Self.declaration(properties: 0x10))]))
                == .fail(.characteristicUnfit))
        #expect(
            after(2, .readByTypeResponse([.init(handle: 11, value: Self.declaration(value: 99))]))
                == .fail(.characteristicUnfit))
        #expect(
            after(2, .readByTypeResponse([.init(handle: 19, value: Self.declaration(value: 20))]))
                == .fail(.subscriptionMissing))
        #expect(after(4, notFound) == .fail(.subscriptionMissing))
        #expect(
            after(4, .findInformationResponse([.init(handle: 20, type: .short(0x2901))])) == .fail(.subscriptionMissing)
        )
        #expect(after(5, denied) == .fail(.refused(requestOpcode: 0x12, .insufficientAuthentication)))
    }

    @Test("Answers that lead a search in circles end it")
    func circles() {
        let other = Self.declaration(.short(0x2A00))
        #expect(
            written([Self.answers[0], Self.answers[1], .readByTypeResponse([.init(handle: 9, value: other)])]).last
                == .fail(.notAdvancing))
        #expect(
            written(
                Self.answers.prefix(4) + [.findInformationResponse([.init(handle: 30, type: .short(0x2901))])]
            ).last == .fail(.notAdvancing))
        // One attribute an answer: within the limit of requests, however many there are.
        var client = client
        _ = client.handle(.began)
        _ = client.handle(.received(pdu: Self.answers[0].encoded()))
        _ = client.handle(.received(pdu: ATTPDU.findByTypeValueResponse([1...0xFFFF]).encoded()))
        var effects: [ATTClient.Effect] = []
        for handle in 1...UInt16(ATTClient.requestCountMax) {
            let answer = ATTPDU.readByTypeResponse([.init(handle: handle, value: other)])
            effects += client.handle(.received(pdu: answer.encoded()))
        }
        #expect(effects.last == .fail(.tooManyRequests(max: ATTClient.requestCountMax)))
    }

    @Test("A request that is not answered, and an answer that cannot be read, end it")
    func silence() {
        var silent = client
        #expect(silent.handle(.began).last == .startTimer(1, after: .seconds(10)))
        #expect(silent.handle(.timerFired(1)) == [.fail(.timedOut)])
        #expect(silent.handle(.received(pdu: Self.answers[0].encoded())) == [])
        var malformed = client
        _ = malformed.handle(.began)
        #expect(
            malformed.handle(.received(pdu: [3])) == [
                .fail(.malformed(.truncated(field: "MTU", needed: 2, found: 0)))
            ])
        var answered = client
        _ = answered.handle(.began)
        _ = answered.handle(.received(pdu: Self.answers[0].encoded()))
        #expect(answered.handle(.timerFired(1)) == [])
    }

    @Test("Requests of the device are refused but for its MTU, and indications confirmed, in every state")
    func requestsOfTheDevice() {
        for var client in [opened(), began()] {
            #expect(client.handle(.received(pdu: [2, 23, 0])) == [write(.exchangeMTUResponse(mtu: 517))])
            for pdu in [
                ATTPDU.readRequest(handle: 1), .findInformationRequest(handles: 1...2),
                .findByTypeValueRequest(handles: 1...2, type: 1, value: []),
                .readByTypeRequest(handles: 1...2, type: .short(1)),
                .readByGroupTypeRequest(handles: 1...2, type: .short(1)), .writeRequest(handle: 1, value: []),
                .unservedRequest(opcode: 0x0C),
            ] {
                let refusal = ATTPDU.errorResponse(requestOpcode: pdu.opcode, handle: 0, code: .requestNotSupported)
                #expect(client.handle(.received(pdu: pdu.encoded())) == [write(refusal)])
            }
            #expect(
                client.handle(.received(pdu: ATTPDU.indication(handle: 9, value: [1]).encoded())) == [
                    write(.confirmation)
                ])
            #expect(client.handle(.received(pdu: ATTPDU.notification(handle: 9, value: [1]).encoded())) == [])
            #expect(client.handle(.received(pdu: ATTPDU.writeCommand(handle: 9, value: [1]).encoded())) == [])
            #expect(client.handle(.received(pdu: ATTPDU.writeResponse.encoded())) == [])
        }
    }

    private func began() -> ATTClient {
        var client = client
        _ = client.handle(.began)
        return client
    }

    // MARK: - Messages

    @Test("A message is split at MTU - 3", arguments: [(23, 20), (247, 244), (517, 514)] as [(UInt16, Int)])
    func splits(mtu: UInt16, step: Int) {
        var client = opened(mtu: mtu)
        let message = (0..<UInt16(1_500)).map { UInt8(truncatingIfNeeded: $0) }
        let pieces = stride(from: 0, to: message.count, by: step).map { start in
            write(.writeCommand(handle: 12, value: Array(message[start..<min(start + step, message.count)])))
        }
        #expect(client.handle(.submitted(message: message)) == pieces)
    }

    @Test("Messages before the link is ready are dropped")
    func early() {
        var client = began()
        #expect(client.handle(.submitted(message: [1])) == [])
    }

    private func notifications(_ message: [UInt8], mtu: Int = 23) -> [[UInt8]] {
        stride(from: 0, to: message.count, by: mtu - 3).map { start in
            ATTPDU.notification(handle: 12, value: Array(message[start..<min(start + mtu - 3, message.count)]))
                .encoded()
        }
    }

    private func messages(_ client: inout ATTClient, _ pdus: [[UInt8]]) -> [[UInt8]] {
        pdus.flatMap { client.handle(.received(pdu: $0)) }.compactMap {
            if case .deliver(let message) = $0 { message } else { nil }
        }
    }

    private let long = EchoRequest(text: String(repeating: "x", count: 100)).message(sequence: 1).encoded()

    @Test("Notifications become messages, whatever their lengths")
    func reassembly() {
        for length in 0..<80 {
            var client = opened(mtu: 23)
            let message = EchoRequest(text: String(repeating: "y", count: length)).message(sequence: 2).encoded()
            #expect(messages(&client, notifications(message) + notifications(long)) == [message, long])
        }
    }

    @Test("A message that lost a notification is given up when its last one comes, and the next is whole")
    func lostNotification() {
        let pdus = notifications(long)
        for lost in pdus.indices.dropLast() {
            var client = opened(mtu: 23)
            var damaged = pdus
            damaged.remove(at: lost)
            #expect(!messages(&client, damaged).contains(long))
            #expect(messages(&client, pdus) == [long])
        }
    }

    @Test("A message that lost its last notification is given up when no other comes in time")
    func lostEnd() {
        var client = opened(mtu: 23)
        let pdus = notifications(long)
        let effects = pdus.dropLast().flatMap { client.handle(.received(pdu: $0)) }
        guard case .startTimer(let timer, after: .milliseconds(500))? = effects.first else {
            Issue.record("no timer: \(effects)")
            return
        }
        #expect(effects.count == 1)
        // Parts came since it was started, so it looks once more.
        guard case .startTimer(let next, after: .milliseconds(500))? = client.handle(.timerFired(timer)).first else {
            Issue.record("no second timer")
            return
        }
        #expect(client.handle(.timerFired(next)) == [])
        #expect(client.droppedCount == 1)
        #expect(messages(&client, pdus) == [long])
    }

    @Test("A PDU that cannot be read on an open link is a lost one")
    func malformedOnOpenLink() {
        var client = opened()
        #expect(client.handle(.received(pdu: [0x1B])) == [])
        #expect(client.handle(.received(pdu: [])) == [])
        #expect(client.droppedCount == 2)
    }
}
