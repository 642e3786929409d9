import HubCore
import SMPProtocol
import Testing

@Suite("The SMP exchange")
struct SMPExchangeTests {
    private func request(_ id: UInt64) -> SMPExchangeRequest {
        SMPExchangeRequest(id: SMPRequestID(rawValue: id), EchoRequest(text: "\(id)"))
    }

    private func message(_ id: UInt64, sequence: UInt8) -> [UInt8] {
        EchoRequest(text: "\(id)").message(sequence: sequence).encoded()
    }

    private func answer(_ id: UInt64, sequence: UInt8) -> SMPMessage {
        EchoRequest(text: "\(id)").message(sequence: sequence).answered(EchoResponse(text: "\(id)"))
    }

    private func sending(_ id: UInt64, sequence: UInt8, timer: UInt64) -> [SMPExchange.Effect] {
        [
            .send(message: message(id, sequence: sequence)),
            .startTimer(SMPTimerID(rawValue: timer), after: .seconds(5)),
        ]
    }

    @Test("A request is sent, and its answer finishes it")
    func answered() {
        var exchange = SMPExchange()
        #expect(exchange.handle(.submitted(request(1))) == sending(1, sequence: 0, timer: 0))
        let answer = answer(1, sequence: 0)
        #expect(
            exchange.handle(.received(message: answer.encoded()))
                == [.finish(SMPRequestID(rawValue: 1), .success(answer))])
    }

    @Test("A late answer to the first attempt answers the second, and a doubled one is ignored")
    func lateAndDoubled() {
        var exchange = SMPExchange()
        _ = exchange.handle(.submitted(request(1)))
        #expect(exchange.handle(.timerFired(SMPTimerID(rawValue: 0))) == sending(1, sequence: 0, timer: 1))
        let answer = answer(1, sequence: 0)
        #expect(
            exchange.handle(.received(message: answer.encoded()))
                == [.finish(SMPRequestID(rawValue: 1), .success(answer))])
        #expect(exchange.handle(.received(message: answer.encoded())) == [])
        #expect(exchange.handle(.timerFired(SMPTimerID(rawValue: 1))) == [])
    }

    @Test("The last attempt's time-out fails the request; earlier timers no longer count")
    func attempts() {
        var exchange = SMPExchange(limits: SMPExchangeLimits(attemptCountMax: 2))
        _ = exchange.handle(.submitted(request(1)))
        _ = exchange.handle(.timerFired(SMPTimerID(rawValue: 0)))
        #expect(exchange.handle(.timerFired(SMPTimerID(rawValue: 0))) == [])
        #expect(
            exchange.handle(.timerFired(SMPTimerID(rawValue: 1)))
                == [.finish(SMPRequestID(rawValue: 1), .failure(.timedOut(attemptCount: 2)))])
    }

    @Test("Garbage and answers to other requests are ignored")
    func foreign() {
        var exchange = SMPExchange()
        _ = exchange.handle(.submitted(request(1)))
        var otherGroup = answer(1, sequence: 0)
        otherGroup.header.group = 1
        var otherCommand = answer(1, sequence: 0)
        otherCommand.header.command = 1
        var otherOperation = answer(1, sequence: 0)
        otherOperation.header.operation = .readResponse
        for bytes in [
            [], [1, 2, 3], message(1, sequence: 0), answer(1, sequence: 1).encoded(), otherGroup.encoded(),
            otherCommand.encoded(), otherOperation.encoded(),
        ] {
            #expect(exchange.handle(.received(message: bytes)) == [])
        }
    }

    @Test("Requests beyond the window wait, and go when a place is free")
    func window() {
        var exchange = SMPExchange(limits: SMPExchangeLimits(windowMax: 2))
        #expect(exchange.handle(.submitted(request(1))) == sending(1, sequence: 0, timer: 0))
        #expect(exchange.handle(.submitted(request(2))) == sending(2, sequence: 1, timer: 1))
        #expect(exchange.handle(.submitted(request(3))) == [])
        let answer = answer(2, sequence: 1)
        #expect(
            exchange.handle(.received(message: answer.encoded()))
                == [.finish(SMPRequestID(rawValue: 2), .success(answer))] + sending(3, sequence: 2, timer: 2))
    }

    @Test("A wider window lets waiting requests go")
    func widerWindow() {
        var exchange = SMPExchange()
        _ = exchange.handle(.submitted(request(1)))
        _ = exchange.handle(.submitted(request(2)))
        #expect(exchange.setWindow(2) == sending(2, sequence: 1, timer: 1))
    }

    @Test("The queue takes its limit and refuses one more")
    func queueLimit() {
        var exchange = SMPExchange(limits: SMPExchangeLimits(queueCountMax: 2))
        _ = exchange.handle(.submitted(request(1)))
        #expect(exchange.handle(.submitted(request(2))) == [])
        #expect(exchange.handle(.submitted(request(3))) == [])
        #expect(
            exchange.handle(.submitted(request(4)))
                == [.finish(SMPRequestID(rawValue: 4), .failure(.queueFull(max: 2)))])
    }

    @Test("A payload over the limit is refused before it is sent")
    func payloadLimit() {
        var exchange = SMPExchange(limits: SMPExchangeLimits(message: SMPLimits(payloadLengthMax: 4)))
        #expect(
            exchange.handle(.submitted(request(10)))
                == [.finish(SMPRequestID(rawValue: 10), .failure(.requestTooLong(length: 6, max: 4)))])
    }

    @Test("A link that is gone fails all requests in order, and later ones at once")
    func linkGone() {
        var exchange = SMPExchange(limits: SMPExchangeLimits(windowMax: 2))
        for id in 1...3 {
            _ = exchange.handle(.submitted(request(UInt64(id))))
        }
        #expect(
            exchange.handle(.linkGone(.refused))
                == (1...3).map { .finish(SMPRequestID(rawValue: $0), .failure(.linkGone(.refused))) })
        #expect(exchange.handle(.timerFired(SMPTimerID(rawValue: 0))) == [])
        #expect(exchange.handle(.linkGone(.closed)) == [])
        #expect(
            exchange.handle(.submitted(request(4)))
                == [.finish(SMPRequestID(rawValue: 4), .failure(.linkGone(.refused)))])
    }

    @Test("A cancelled request gives its place away and its answer is ignored")
    func cancelled() {
        var exchange = SMPExchange()
        _ = exchange.handle(.submitted(request(1)))
        _ = exchange.handle(.submitted(request(2)))
        #expect(exchange.handle(.cancelled(SMPRequestID(rawValue: 1))) == sending(2, sequence: 1, timer: 1))
        #expect(exchange.handle(.received(message: answer(1, sequence: 0).encoded())) == [])
    }

    @Test("Sequence numbers wrap, and one that is outstanding is not used again")
    func sequenceWraps() {
        var exchange = SMPExchange(limits: SMPExchangeLimits(windowMax: 2), firstSequence: 255)
        #expect(exchange.handle(.submitted(request(0))) == sending(0, sequence: 255, timer: 0))
        for id in 1...255 {
            let sequence = UInt8(id - 1)
            let id = UInt64(id)
            #expect(exchange.handle(.submitted(request(id))) == sending(id, sequence: sequence, timer: id))
            _ = exchange.handle(.received(message: answer(id, sequence: sequence).encoded()))
        }
        #expect(exchange.handle(.submitted(request(256))) == sending(256, sequence: 0, timer: 256))
    }
}
