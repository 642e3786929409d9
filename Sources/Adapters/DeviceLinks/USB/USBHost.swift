package import CORProtocol
import Glibc
package import HubCore
package import NIOCore
import Synchronization
import Threads

/// The USB bus: finds devices, and makes links to them. One thread watches it, from the first use until `close`.
///
/// Nothing of libusb is touched before a watch begins or a link starts.
package final class USBHost: DeviceLinkHost {
    package let kind = LinkKind.usb

    private struct State {
        var events: [USBWatch.Event] = []
        var watcher: (@Sendable (DiscoveryEvent) -> Void)?
        var links: [USBWatch.LinkID: @Sendable (USBLinkMachine.Event) -> Void] = [:]
        var linkCount: UInt64 = 0
        var context: USBContext?
        var isRunning = false
        var isClosed = false
    }

    /// Seconds until libusb is tried again where it cannot start.
    private static let retrySeconds: UInt32 = 5
    /// Bytes, of the watching thread and of each link's.
    static let stackLength = 256 << 10

    private let awaitLimit: Duration?
    private let state = Mutex(State())

    /// - Parameter awaitLimit: how long a link waits for its device to be plugged in; nil is as long as it takes.
    package init(awaitLimit: Duration?) {
        self.awaitLimit = awaitLimit
    }

    package func start(_ handler: @escaping @Sendable (DiscoveryEvent) -> Void) {
        state.withLock { state in
            precondition(state.watcher == nil && !state.isClosed, "a watch is started once")
            state.watcher = handler
        }
        wake()
    }

    /// Ends the watch. The watching thread stays until the last link is over.
    package func close() {
        state.withLock { state in
            state.watcher = nil
            state.isClosed = true
        }
        state.withLock(\.context)?.interrupt()
    }

    package func link(
        to address: LinkAddress, on eventLoop: any EventLoop
    ) throws(LinkAddressError) -> any DeviceLink {
        guard case .usb(let text) = address, let serial = DeviceSerial(text) else {
            throw .malformed("\(address)", expected: "usb:SERIAL, for example usb:COR1-0001")
        }
        let id = state.withLock { state in
            state.linkCount += 1
            return USBWatch.LinkID(rawValue: state.linkCount)
        }
        return USBDeviceLink(serial: serial, id: id, source: self, on: eventLoop)
    }

    /// Has the watching thread look at what was posted, and starts it where there is none.
    private func wake() {
        let (context, starts) = state.withLock { state in
            defer { state.isRunning = true }
            return (state.context, !state.isRunning)
        }
        context?.interrupt()
        guard starts else { return }
        if DetachedThread.start("corhub-usb", stackLength: Self.stackLength, { self.run() }) != 0 {
            // Whoever posts next tries again.
            state.withLock { $0.isRunning = false }
        }
    }
}

extension USBHost: USBDeviceSource {
    func await(
        _ serial: DeviceSerial, for link: USBWatch.LinkID, _ handler: @escaping @Sendable (USBLinkMachine.Event) -> Void
    ) {
        state.withLock { state in
            state.links[link] = handler
            state.events.append(.awaited(link, serial, limit: awaitLimit))
        }
        wake()
    }

    func end(_ link: USBWatch.LinkID, _ loss: USBReturnMatch.Loss?) {
        state.withLock { state in
            state.links[link] = nil
            state.events.append(.ended(link, loss))
        }
        wake()
    }

    func open(_ place: USBPlace) -> USBOpening {
        LibUSBNode.open(place)
    }
}

// MARK: - The watching thread

extension USBHost {
    private func run() {
        var watch = USBWatch()
        var lookAt = Duration.zero
        while isWanted() {
            let context: USBContext
            do throws(USBContext.Fault) {
                context = try preparedContext()
            } catch {
                perform(watch.handle(.scanFailed(reason: error.reason), at: MonotonicTime.now().sinceBeginning))
                sleep(Self.retrySeconds)
                continue
            }
            let events = takeEvents()
            for event in events {
                perform(watch.handle(event, at: MonotonicTime.now().sinceBeginning))
            }
            let isDue = context.takeChange() || MonotonicTime.now().sinceBeginning >= lookAt
            if isDue {
                perform(watch.handle(look(), at: MonotonicTime.now().sinceBeginning))
            }
            let now = MonotonicTime.now().sinceBeginning
            if isDue || !events.isEmpty {
                let next = now + watch.nextLook(isTold: USBBus.tellsOfChanges, at: now)
                lookAt = isDue ? next : min(lookAt, next)
            }
            context.handleEvents(for: lookAt - now)
        }
    }

    private func isWanted() -> Bool {
        state.withLock { state in
            guard state.isClosed, state.links.isEmpty else { return true }
            state.isRunning = false
            state.context = nil
            return false
        }
    }

    private func preparedContext() throws(USBContext.Fault) -> USBContext {
        if let context = state.withLock(\.context) { return context }
        let context = try USBContext(tellsOfChanges: true)
        state.withLock { $0.context = context }
        return context
    }

    private func takeEvents() -> [USBWatch.Event] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }

    private func look() -> USBWatch.Event {
        do throws(USBBus.Fault) {
            return .scanned(try USBBus.sightings())
        } catch {
            return .scanFailed(reason: error.reason)
        }
    }

    private func perform(_ effects: [USBWatch.Effect]) {
        for effect in effects {
            switch effect {
            case .tell(let event): state.withLock(\.watcher)?(event)
            case .open(let link, let place): state.withLock { $0.links[link] }?(.appeared(place))
            case .expire(let link, let reason): state.withLock { $0.links[link] }?(.expired(reason))
            case .leave(let link): state.withLock { $0.links[link] }?(.left)
            }
        }
    }
}
