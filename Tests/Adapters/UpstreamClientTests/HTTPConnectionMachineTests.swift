import HubCore
import Testing

@testable import UpstreamClient

@Suite("One connection's states")
struct HTTPConnectionMachineTests {
    static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.bodyLengthMax = 4
        return limits
    }()

    static func opened() -> HTTPConnectionMachine {
        var machine = HTTPConnectionMachine(usesTLS: false, limits: limits)
        _ = machine.handle(.activated)
        return machine
    }

    static func head(_ length: Int? = nil, keepAlive: Bool = true) -> HTTPConnectionMachine.Event {
        .headReceived(status: 200, fields: [], contentLength: length, isKeepAlive: keepAlive)
    }

    @Test("TLS comes before the connection counts as open")
    func opening() {
        var machine = HTTPConnectionMachine(usesTLS: true, limits: Self.limits)
        #expect(machine.handle(.activated) == [.startTimer(1, after: Self.limits.handshakeTimeout)])
        #expect(
            machine.handle(.handshakeCompleted)
                == [.stopTimers, .startTimer(2, after: Self.limits.idleTimeout), .reportOpened(nil)])
        #expect(machine.handle(.timerFired(1)) == [])
    }

    @Test("A handshake that takes too long closes the connection")
    func handshakeTimeout() {
        var machine = HTTPConnectionMachine(usesTLS: true, limits: Self.limits)
        _ = machine.handle(.activated)
        #expect(machine.handle(.timerFired(1)) == [.stopTimers, .reportOpened(.timedOut(.tls)), .close])
        #expect(machine.handle(.closed) == [])
    }

    @Test("An exchange ends with its answer, and another may follow")
    func exchange() {
        var machine = Self.opened()
        #expect(
            machine.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax))
                == [.stopTimers, .sendRequest, .startTimer(2, after: Self.limits.responseTimeout)])
        #expect(machine.handle(Self.head(4)) == [])
        #expect(machine.handle(.bodyReceived([1, 2])) == [])
        #expect(machine.handle(.bodyReceived([3, 4])) == [])
        #expect(
            machine.handle(.endReceived) == [
                .stopTimers, .startTimer(3, after: Self.limits.idleTimeout),
                .reportAnswer(.success(HTTPResponse(status: 200, body: [1, 2, 3, 4])), isReusable: true),
            ])
        #expect(machine.handle(.timerFired(2)) == [], "the answered exchange's timer is outlived")
        #expect(machine.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax)).contains(.sendRequest))
    }

    @Test("A body at the limit is taken, one byte more is refused, announced or not")
    func bodyLimit() {
        let refusal: [HTTPConnectionMachine.Effect] = [
            .stopTimers, .reportAnswer(.failure(.tooLarge(.body, lengthMax: 4)), isReusable: false), .close,
        ]
        var announced = Self.opened()
        _ = announced.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax))
        #expect(announced.handle(Self.head(5)) == refusal)
        var unannounced = Self.opened()
        _ = unannounced.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax))
        _ = unannounced.handle(Self.head())
        #expect(unannounced.handle(.bodyReceived([1, 2, 3, 4])) == [])
        #expect(unannounced.handle(.bodyReceived([5])) == refusal)
        #expect(unannounced.handle(.bodyReceived([6])) == [], "what still arrives is dropped")
    }

    @Test("An answer slower than the least rate is cut off: the head late, or too few bytes in an interval")
    func slowRetrieval() {
        var limits = HTTPLimits()
        limits.rateMin = .init(byteCount: 2, interval: .seconds(10))
        let cutOff: [HTTPConnectionMachine.Effect] = [
            .stopTimers, .reportAnswer(.failure(.timedOut(.response)), isReusable: false), .close,
        ]
        func submitted() -> HTTPConnectionMachine {
            var machine = HTTPConnectionMachine(usesTLS: false, limits: limits)
            _ = machine.handle(.activated)
            #expect(
                machine.handle(.submitted(bodyLengthMax: 100)) == [
                    .stopTimers, .sendRequest, .startTimer(2, after: limits.responseTimeout),
                    .startTimer(3, after: .seconds(10)),
                ])
            return machine
        }
        var silent = submitted()
        #expect(silent.handle(.timerFired(3)) == cutOff)
        var dripping = submitted()
        _ = dripping.handle(Self.head(50))
        #expect(dripping.handle(.timerFired(3)) == [.startTimer(4, after: .seconds(10))], "the head came in time")
        _ = dripping.handle(.bodyReceived([1, 2]))
        #expect(dripping.handle(.timerFired(4)) == [.startTimer(5, after: .seconds(10))])
        _ = dripping.handle(.bodyReceived([3]))
        #expect(dripping.handle(.timerFired(5)) == cutOff)
    }

    @Test("A request's own limit takes the place of the connection's")
    func ownLimit() {
        var machine = Self.opened()
        _ = machine.handle(.submitted(bodyLengthMax: 2))
        _ = machine.handle(Self.head())
        #expect(machine.handle(.bodyReceived([1, 2])) == [])
        #expect(
            machine.handle(.bodyReceived([3])) == [
                .stopTimers, .reportAnswer(.failure(.tooLarge(.body, lengthMax: 2)), isReusable: false), .close,
            ])
    }

    @Test("No answer in time, or only a part of it, is a time-out")
    func responseTimeout() {
        for events in [[], [Self.head()], [Self.head(), .bodyReceived([1])]] {
            var machine = Self.opened()
            _ = machine.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax))
            for event in events { _ = machine.handle(event) }
            #expect(
                machine.handle(.timerFired(2))
                    == [.stopTimers, .reportAnswer(.failure(.timedOut(.response)), isReusable: false), .close])
        }
    }

    @Test("A connection that is not kept is closed after the answer")
    func notKept() {
        var machine = Self.opened()
        _ = machine.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax))
        _ = machine.handle(Self.head(keepAlive: false))
        #expect(
            machine.handle(.endReceived)
                == [.stopTimers, .reportAnswer(.success(HTTPResponse(status: 200)), isReusable: false), .close])
    }

    @Test("What ended an idle connection is the answer to the next request")
    func idleFailure() {
        var machine = Self.opened()
        #expect(machine.handle(.failed(.tls(.ownCertificateRefused))) == [.stopTimers, .close])
        #expect(machine.handle(.closed) == [])
        #expect(
            machine.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax))
                == [.reportAnswer(.failure(.tls(.ownCertificateRefused)), isReusable: false)])
    }

    @Test("An idle connection is closed after a while, and for an answer that nobody asked for")
    func idle() {
        var machine = Self.opened()
        #expect(machine.handle(.timerFired(1)) == [.stopTimers, .close])
        var spoken = Self.opened()
        #expect(spoken.handle(Self.head()) == [.stopTimers, .close])
        #expect(
            spoken.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax))
                == [.reportAnswer(.failure(.malformed(reason: "an answer without a request")), isReusable: false)])
    }

    @Test("A connection lost in mid-answer is said to be lost")
    func lost() {
        var machine = Self.opened()
        _ = machine.handle(.submitted(bodyLengthMax: Self.limits.bodyLengthMax))
        _ = machine.handle(Self.head(4))
        #expect(
            machine.handle(.closed) == [
                .stopTimers, .reportAnswer(.failure(.connectionLost), isReusable: false), .close,
            ])
        #expect(machine.handle(.closed) == [])
    }
}
