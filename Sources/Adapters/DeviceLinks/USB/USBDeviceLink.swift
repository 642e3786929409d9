package import CORProtocol
package import HubCore
import NIOCore
import Synchronization
import Threads

/// SMP over a vendor interface of USB: bulk both ways, events by interrupt (firmware-specs/transport.md, section 4).
///
/// One thread runs the link's machine and its transfers, calls what may block, and tells the owner; everything else only
/// posts to it (docs/decisions/0051-one-thread-per-usb-link.md).
package final class USBDeviceLink: DeviceLink {
    package let kind = LinkKind.usb
    package let address: String

    private let serial: DeviceSerial
    private let id: USBWatch.LinkID
    private let source: any USBDeviceSource
    private let eventLoop: any EventLoop
    private let isStarted = Atomic<Bool>(false)
    private let mailbox = USBMailbox<USBLinkMachine.Event>(droppableCountMax: USBLinkMachine.Limits.queueCountMax) {
        if case .sendRequested = $0 { true } else { false }
    }

    /// - Parameter eventLoop: tells the owner where no thread could be had.
    init(serial: DeviceSerial, id: USBWatch.LinkID, source: any USBDeviceSource, on eventLoop: any EventLoop) {
        self.serial = serial
        self.id = id
        self.source = source
        self.eventLoop = eventLoop
        address = LinkAddress.usb(serial: serial.text).description
    }

    package func start(_ handler: @escaping @Sendable (LinkEvent) -> Void) {
        let wasStarted = isStarted.exchange(true, ordering: .relaxed)
        precondition(!wasStarted, "a link is started once")
        let code = DetachedThread.start("corhub-usb-link", stackLength: USBHost.stackLength) { self.run(handler) }
        if code != 0 { eventLoop.execute { handler(.gone(.failed(code: code))) } }
    }

    package func send(_ message: [UInt8]) {
        mailbox.post(.sendRequested(message: message))
    }

    package func close() {
        mailbox.post(.closeRequested)
    }

    private func run(_ handler: @Sendable (LinkEvent) -> Void) {
        var shell = Shell()
        source.await(serial, for: id) { [mailbox] in mailbox.post($0) }
        while !shell.machine.isOver {
            let events = awaitEvents(shell)
            if let timer = shell.timer, MonotonicTime.now().sinceBeginning >= timer.deadline {
                shell.timer = nil
                advance(.timerFired(id: timer.id), &shell, handler)
            }
            for event in events {
                advance(event, &shell, handler)
            }
        }
    }

    /// What transfers have come to and what was posted, in this order; nothing when the timer is due.
    private func awaitEvents(_ shell: Shell) -> [USBLinkMachine.Event] {
        guard let node = shell.node else { return mailbox.takeAll(until: shell.timer?.deadline) }
        let waits = mailbox.waitElsewhere(wokenBy: node.wake)
        let ended = node.awaitEvents(until: waits ? shell.timer?.deadline : .zero)
        return ended + mailbox.takeNow()
    }

    /// What the thread has at hand.
    private struct Shell {
        var machine = USBLinkMachine()
        var node: (any USBNode)?
        var timer: (id: UInt64, deadline: Duration)?
    }

    private func advance(
        _ event: USBLinkMachine.Event, _ shell: inout Shell, _ handler: @Sendable (LinkEvent) -> Void
    ) {
        var events = [event]
        // Each round is a step that the machine itself asked for: open, clear or reset, one at a time.
        while !events.isEmpty {
            for effect in shell.machine.handle(events.removeFirst()) {
                if let followed = perform(effect, &shell, handler) { events.append(followed) }
            }
        }
    }

    private func perform(
        _ effect: USBLinkMachine.Effect, _ shell: inout Shell, _ handler: @Sendable (LinkEvent) -> Void
    ) -> USBLinkMachine.Event? {
        switch effect {
        case .open(let place):
            switch source.open(place) {
            case .opened(let node, let channels):
                shell.node = node
                return .opened(channels)
            case .failed(let reason):
                return .openFailed(reason)
            }
        case .read(let pipe, let length):
            shell.node?.read(pipe, length: length)
        case .write(let bytes):
            shell.node?.write(bytes)
        case .cancelTransfers:
            shell.node?.cancelTransfers()
        case .cancelReads:
            shell.node?.cancelReads()
        case .clearHalts:
            return .haltsCleared(shell.node?.clearHalts() ?? false)
        case .resetPort:
            shell.node?.resetPort()
            return .portReset
        case .startTimer(let id, let delay):
            shell.timer = (id, MonotonicTime.now().sinceBeginning + delay)
        case .close:
            shell.node?.close()
            shell.node = nil
        case .tell(.gone(let reason)):
            source.end(id, USBReturnMatch.Loss(reason))
            handler(.gone(reason))
        case .tell(let event):
            handler(event)
        }
        return nil
    }
}

extension USBReturnMatch.Loss {
    /// Nil where nothing was lost.
    fileprivate init?(_ reason: LinkGoneReason) {
        switch reason {
        case .refused: self = .unplugged
        case .failed(USBLinkMachine.stalledCode): self = .reset
        case .failed, .closed, .unreachable: return nil
        }
    }
}
