import BluetoothProtocol
import HubCore
import Testing

@Suite("Management commands and their answers")
struct ManagementExchangeTests {
    private typealias Effect = ManagementExchange.Effect
    private let pair = ManagementCommand.pair(BluetoothSamples.device, .keyboardDisplay)

    @Test("One command is outstanding; the next goes when it is answered")
    func oneAtATime() {
        var exchange = ManagementExchange()
        #expect(
            exchange.handle(.submitted(.readVersion)) == [.send(.readVersion), .startTimer(1, after: .seconds(5))])
        #expect(exchange.handle(.submitted(.readCommands)) == [])
        #expect(
            exchange.handle(.answered(opcode: 1, .success, answer: [7])) == [
                .finish(.readVersion, .success([7])), .send(.readCommands), .startTimer(2, after: .seconds(5)),
            ])
        #expect(
            exchange.handle(.answered(opcode: 2, .busy, answer: [])) == [
                .finish(.readCommands, .failure(.refused(.busy)))
            ])
    }

    @Test("An answer to another command, or a second one, changes nothing")
    func foreignAnswers() {
        var exchange = ManagementExchange()
        #expect(exchange.handle(.answered(opcode: 1, .success, answer: [])) == [])
        _ = exchange.handle(.submitted(.readVersion))
        #expect(exchange.handle(.answered(opcode: 5, .success, answer: [])) == [])
    }

    @Test("A command without an answer: the information is read again, and it is sent once more")
    func repeatedOnce() {
        var exchange = ManagementExchange()
        let command = ManagementCommand.setLowEnergy(true)
        _ = exchange.handle(.submitted(command))
        #expect(exchange.handle(.timerFired(1)) == [.send(.readInformation), .startTimer(2, after: .seconds(5))])
        #expect(
            exchange.handle(.answered(opcode: 4, .success, answer: [])) == [
                .send(command), .startTimer(3, after: .seconds(5)),
            ])
        #expect(exchange.handle(.timerFired(2)) == [])
        #expect(exchange.handle(.timerFired(3)) == [.finish(command, .failure(.timedOut))])
    }

    @Test("A controller that does not even tell its information has timed out")
    func silent() {
        var exchange = ManagementExchange()
        _ = exchange.handle(.submitted(.setPowered(true)))
        _ = exchange.handle(.timerFired(1))
        #expect(exchange.handle(.timerFired(2)) == [.finish(.setPowered(true), .failure(.timedOut))])
    }

    @Test("The late answer to the first attempt counts")
    func lateAnswer() {
        var exchange = ManagementExchange()
        let command = ManagementCommand.setBondable(false)
        _ = exchange.handle(.submitted(command))
        _ = exchange.handle(.timerFired(1))
        #expect(exchange.handle(.answered(opcode: 9, .success, answer: [])) == [.finish(command, .success([]))])
        #expect(exchange.handle(.answered(opcode: 4, .success, answer: [])) == [])
    }

    @Test("What the kernel answers by itself is repeated without asking the controller")
    func globalCommands() {
        var exchange = ManagementExchange()
        _ = exchange.handle(.submitted(.readIndexList))
        #expect(exchange.handle(.timerFired(1)) == [.send(.readIndexList), .startTimer(2, after: .seconds(5))])
        #expect(exchange.handle(.timerFired(2)) == [.finish(.readIndexList, .failure(.timedOut))])
    }

    @Test("Replies to questions pass a pairing that is under way, and are never repeated")
    func repliesPassPairing() {
        var exchange = ManagementExchange()
        #expect(exchange.handle(.submitted(pair)) == [.send(pair), .startTimer(1, after: .seconds(75))])
        let reply = ManagementCommand.confirm(BluetoothSamples.device)
        #expect(exchange.handle(.submitted(reply)) == [.send(reply), .startTimer(2, after: .seconds(5))])
        #expect(exchange.handle(.timerFired(2)) == [.finish(reply, .failure(.timedOut))])
        #expect(
            exchange.handle(.answered(opcode: 0x19, .authenticationFailed, answer: [])) == [
                .finish(pair, .failure(.refused(.authenticationFailed)))
            ])
    }

    @Test("A second pairing waits, and one without an answer ends by its own time-out")
    func pairings() {
        var exchange = ManagementExchange()
        _ = exchange.handle(.submitted(pair))
        #expect(exchange.handle(.submitted(pair)) == [])
        #expect(
            exchange.handle(.timerFired(1)) == [
                .finish(pair, .failure(.timedOut)), .send(pair), .startTimer(2, after: .seconds(75)),
            ])
    }

    @Test("The queue takes its limit and refuses one more")
    func queueLimit() {
        var exchange = ManagementExchange()
        for _ in 0...ManagementExchange.queueCountMax {
            let effects = exchange.handle(.submitted(.stopDiscovery))
            #expect(!effects.contains { if case .finish = $0 { true } else { false } })
        }
        #expect(
            exchange.handle(.submitted(.stopDiscovery)) == [
                .finish(.stopDiscovery, .failure(.queueFull(max: ManagementExchange.queueCountMax)))
            ])
        #expect(exchange.handle(.forgotten) == [])
        #expect(exchange.handle(.submitted(.stopDiscovery)).first == .send(.stopDiscovery))
    }
}
