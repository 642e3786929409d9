import CBORCoding
import CORProtocol
import SMPProtocol

extension DeviceModel {
    /// Events that the fault `endless-events` sends after each answer.
    private static let eventFloodCount = 32

    /// Sends an answer, as well as the faults allow.
    mutating func deliver(_ answer: SMPMessage, effects: inout [DeviceEffect]) {
        if strikes(.droppedAnswer, effects: &effects) { return }
        var answer = answer
        if strikes(.garbageAnswer, effects: &effects) {
            // A map of one entry that ends after its key.
            answer.payload = [0xA1, 0x62, 0x72]
            answer.header.length = UInt16(answer.payload.count)
        }
        if strikes(.wrongMessageLength, effects: &effects) {
            answer.header.length &+= 1
        }
        var delay = faults.quantity(of: .slowAnswer).map { Duration.milliseconds($0) }
        if answer.header.group == SMPGroup.image, answer.header.command == 1,
            let pause = faults.quantity(of: .slowFlash)
        {
            delay = .milliseconds(pause)
        }
        if strikes(.lateAnswer, effects: &effects) { delay = setup.lateAnswerDelay }
        let bytes = answer.encoded()
        effects.append(.send(bytes, after: delay))
        if strikes(.duplicateAnswer, effects: &effects) {
            effects.append(.send(bytes, after: delay))
        }
        if faults.isOn(.endlessEvents) {
            for _ in 0..<Self.eventFloodCount { changed(.fault, effects: &effects) }
        }
    }

    /// Whether the fault strikes; a strike is reported.
    mutating func strikes(_ fault: DeviceFault, effects: inout [DeviceEffect]) -> Bool {
        guard faults.strikes(fault) else { return false }
        effects.append(.report(.faultStruck(fault)))
        return true
    }

    /// Sends an event: a read response of group 64 that nobody asked for.
    mutating func notify(_ command: CORCommand, _ event: some CBORShape, effects: inout [DeviceEffect]) {
        let message = SMPMessage(
            operation: .readResponse, group: SMPGroup.cor, sequence: eventSequence, command: command.rawValue,
            payload: event.encoded())
        eventSequence &+= 1
        effects.append(.notify(message.encoded()))
    }

    mutating func changed(_ what: StateChange, effects: inout [DeviceEffect]) {
        notify(.stateChanged, StateChangedEvent(what: what), effects: &effects)
    }
}
