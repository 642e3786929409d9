package import BluetoothProtocol

/// Sends management commands one at a time and matches the kernel's answers to them.
///
/// Kernels can drop a command while a controller turns itself off, so each has a time-out: then the controller's
/// information is read again and, if that is answered, the command is sent once more. Pair Device is answered only when
/// the pairing is over; it has a place of its own, so that replies to questions pass it.
package struct ManagementExchange: Sendable {
    package enum Event: Sendable, Equatable {
        case submitted(ManagementCommand)
        case answered(opcode: UInt16, ManagementStatus, answer: [UInt8])
        case timerFired(UInt64)
        /// The socket or the controller is another: whatever was under way gets no answer any more.
        case forgotten
    }

    package enum Effect: Sendable, Equatable {
        case send(ManagementCommand)
        case startTimer(UInt64, after: Duration)
        case finish(ManagementCommand, Result<[UInt8], ManagementFailure>)
    }

    package static let queueCountMax = 16
    static let timeout: Duration = .seconds(5)
    /// The kernel sends a dozen HCI commands to power a controller, each with two seconds of its own.
    static let powerTimeout: Duration = .seconds(10)
    /// SMP gives up after 30 s without progress (Core Specification, volume 3, part H, §3.4); connecting comes before.
    static let pairTimeout: Duration = .seconds(75)

    private enum Phase: Equatable {
        case first
        case rereading
        case second
    }

    private struct Outstanding {
        var command: ManagementCommand
        var phase: Phase
        var timer: UInt64
    }

    private var current: Outstanding?
    private var pairing: Outstanding?
    private var queue: [ManagementCommand] = []
    private var timerCount: UInt64 = 0

    package init() {}

    package mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .submitted(let command): return submit(command)
        case .answered(let opcode, let status, let answer): return answered(opcode, status, answer)
        case .timerFired(let timer): return fire(timer)
        case .forgotten:
            current = nil
            pairing = nil
            queue = []
            return []
        }
    }

    private mutating func submit(_ command: ManagementCommand) -> [Effect] {
        guard queue.count < Self.queueCountMax else {
            return [.finish(command, .failure(.queueFull(max: Self.queueCountMax)))]
        }
        queue.append(command)
        return sendNext()
    }

    private mutating func sendNext() -> [Effect] {
        var effects: [Effect] = []
        while let next = queue.first {
            if next.isPairing {
                guard pairing == nil else { break }
                pairing = start(next, .first, &effects)
            } else {
                guard current == nil else { break }
                current = start(next, .first, &effects)
            }
            queue.removeFirst()
        }
        return effects
    }

    private mutating func start(
        _ command: ManagementCommand, _ phase: Phase, _ effects: inout [Effect]
    ) -> Outstanding {
        timerCount += 1
        effects.append(.send(phase == .rereading ? .readInformation : command))
        effects.append(.startTimer(timerCount, after: command.timeout))
        return Outstanding(command: command, phase: phase, timer: timerCount)
    }

    private mutating func answered(_ opcode: UInt16, _ status: ManagementStatus, _ answer: [UInt8]) -> [Effect] {
        let result: Result<[UInt8], ManagementFailure> =
            status == .success ? .success(answer) : .failure(.refused(status))
        if let found = pairing, found.command.opcode == opcode {
            pairing = nil
            return [.finish(found.command, result)] + sendNext()
        }
        guard let found = current else { return [] }  // Late, or another program's.
        if found.command.opcode == opcode {
            current = nil
            return [.finish(found.command, result)] + sendNext()
        }
        guard found.phase == .rereading, opcode == ManagementCommand.readInformation.opcode else { return [] }
        var effects: [Effect] = []
        current = start(found.command, .second, &effects)
        return effects
    }

    private mutating func fire(_ timer: UInt64) -> [Effect] {
        if let found = pairing, found.timer == timer {
            pairing = nil
            return [.finish(found.command, .failure(.timedOut))] + sendNext()
        }
        guard let found = current, found.timer == timer else { return [] }
        var effects: [Effect] = []
        switch found.phase {
        case .first where found.command.isRepeatable:
            let phase: Phase = found.command.isAnsweredWithoutController ? .second : .rereading
            current = start(found.command, phase, &effects)
            return effects
        case .first, .rereading, .second:
            current = nil
            return [.finish(found.command, .failure(.timedOut))] + sendNext()
        }
    }
}

extension ManagementCommand {
    fileprivate var isPairing: Bool {
        if case .pair = self { true } else { false }
    }

    /// A reply that comes twice would answer a question that was not read yet.
    fileprivate var isRepeatable: Bool {
        switch self {
        case .confirm, .denyConfirmation, .answerPasskey, .denyPasskey, .cancelPairing, .pair: false
        default: true
        }
    }

    fileprivate var isAnsweredWithoutController: Bool {
        isGlobal || self == .readInformation
    }

    fileprivate var timeout: Duration {
        switch self {
        case .pair: ManagementExchange.pairTimeout
        case .setPowered: ManagementExchange.powerTimeout
        default: ManagementExchange.timeout
        }
    }
}
