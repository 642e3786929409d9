import BluetoothProtocol
package import CORProtocol
import Glibc
package import HubCore
import NIOCore
import SMPProtocol
import Synchronization

/// SMP over GATT to one bonded device: performs what `BLEConnection` decides.
///
/// Safe because everything but the count of waiting bytes, which has its lock, is touched on the host's thread only.
package final class BLEDeviceLink: DeviceLink, @unchecked Sendable {
    private static let messageLengthMax = SMPHeader.byteCount + Int(UInt16.max)
    /// Bytes that may wait for the air; further messages are dropped, as a lossy link may drop any.
    private static let waitingLengthMax = 4 * messageLengthMax
    /// Packets that are read before other sockets have their turn.
    private static let receiveCountMax = 32

    package let kind = LinkKind.ble
    package let address: String

    private let device: BluetoothAddress
    private let host: BluetoothHost
    private let eventLoop: any EventLoop
    private let waitingLength = Mutex(0)

    private var connection: BLEConnection
    private var handler: (@Sendable (LinkEvent) -> Void)?
    private var peer: BluetoothPeer?
    private var socket: BluetoothSocket?
    private var outbox: [[UInt8]] = []
    private var isOver = false
    private var buffer = [UInt8](repeating: 0, count: ATTLimits.pduLengthMax + 1)

    init(device: BluetoothAddress, host: BluetoothHost, on eventLoop: any EventLoop, awaitLimit: Duration?) {
        self.device = device
        self.host = host
        self.eventLoop = eventLoop
        address = "ble:\(device)"
        connection = BLEConnection(
            service: host.service, characteristic: host.characteristic, awaitLimit: awaitLimit)
    }

    package func start(_ handler: @escaping @Sendable (LinkEvent) -> Void) {
        let isPosted = host.post { [self] in
            precondition(self.handler == nil, "a link is started once")
            self.handler = handler
            guard !isOver else { return handler(.gone(.closed)) }
            host.admit(self, device)
        }
        if !isPosted {
            eventLoop.execute { handler(.gone(.unreachable)) }
        }
    }

    package func send(_ message: [UInt8]) {
        guard message.count <= Self.messageLengthMax else { return }
        let fits = waitingLength.withLock { length in
            guard length + message.count <= Self.waitingLengthMax else { return false }
            length += message.count
            return true
        }
        guard fits else { return }
        host.post { [self] in
            perform(connection.handle(.submitted(message: message)))
            // What the socket did not take yet goes on counting, packet by packet.
            waitingLength.withLock { $0 -= message.count }
        }
    }

    package func close() {
        host.post { [self] in
            guard !isOver else { return }
            perform(connection.handle(.closed))
        }
    }

    // MARK: - On the thread only

    /// The adapter stands and the device has a bond.
    func begin(with peer: BluetoothPeer) {
        self.peer = peer
        perform(connection.handle(.started))
    }

    /// The adapter is off, or the device has no bond.
    func refuse(_ reason: LinkGoneReason) {
        guard !isOver else { return }
        finish(reason)
    }

    private func perform(_ effects: [BLEConnection.Effect]) {
        for effect in effects where !isOver {
            switch effect {
            case .connect: connect()
            case .giveUpAttempt: dropSocket()
            case .raiseSecurity: raiseSecurity()
            case .write(let pdu): write(pdu)
            case .startTimer(let timer, let delay):
                host.schedule(after: delay) { [weak self] in
                    guard let self else { return }
                    perform(connection.handle(.timerFired(timer)))
                }
            case .opened:
                if let peer { host.opened(self, peer) }
                handler?(.opened)
            case .deliver(let message): handler?(.received(message: message))
            case .end(let end):
                if let peer { host.ended(self, peer, end) }
                finish(end.reason)
            }
        }
    }

    private func finish(_ reason: LinkGoneReason) {
        isOver = true
        dropSocket()
        host.forget(self)
        handler?(.gone(reason))
    }

    private func connect() {
        guard let peer else { return }
        do throws(SystemFailure) {
            let socket = try BluetoothSocket.att()
            self.socket = socket
            try socket.connect(to: peer)
            host.thread?.watch(socket.descriptor, for: POLLOUT) { [weak self] in self?.ready($0) }
        } catch {
            failLater(error.code)
        }
    }

    /// An effect that fails is told after the effects behind it.
    private func failLater(_ code: Int32) {
        host.schedule(after: .zero) { [weak self] in
            guard let self else { return }
            perform(connection.handle(.failed(code: code)))
        }
    }

    private func raiseSecurity() {
        guard let socket else { return }
        do throws(SystemFailure) {
            // The socket counts as full until the kernel is done; then it can be written to, or has hung up.
            try socket.setSecurity(LinkSecurity.levelNeeded)
            host.thread?.change(socket.descriptor, to: POLLOUT)
            isRaising = true
        } catch {
            guard error.code == EINVAL else { return failLater(error.code) }
            // The kernel's word for a connection that is as secure already: it keeps one for two seconds after its last
            // socket is closed. One that is gone shows in the socket's error.
            host.schedule(after: .zero) { [weak self] in
                guard let self, let socket = self.socket else { return }
                readSecurity(socket, hasFailed: false)
            }
        }
    }

    private var isRaising = false
    private var isSecure = false

    private func ready(_ events: Int16) {
        guard let socket else { return }
        let hasFailed = events & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
        if isSecure {
            if events & Int16(POLLIN) != 0 { receive(socket) }
            guard self.socket != nil else { return }
            if hasFailed { return fail(socket) }
            if events & Int16(POLLOUT) != 0 { flush(socket) }
        } else if isRaising {
            isRaising = false
            readSecurity(socket, hasFailed: hasFailed)
        } else {
            let code = socket.takeError()
            guard code == 0, !hasFailed else { return perform(connection.handle(.failed(code: code))) }
            host.thread?.change(socket.descriptor, to: 0)
            perform(connection.handle(.connected))
        }
    }

    private func readSecurity(_ socket: BluetoothSocket, hasFailed: Bool) {
        let error = socket.takeError()
        let errorCode = hasFailed && error == 0 ? ECONNRESET : error
        let (level, keySize) = (try? socket.security()) ?? (level: 0, keySize: 0)
        let security = LinkSecurity(level: level, keySize: keySize, errorCode: errorCode)
        if security.isEnough {
            isSecure = true
            host.thread?.change(socket.descriptor, to: POLLIN)
        }
        perform(connection.handle(.securityRead(security)))
    }

    private func fail(_ socket: BluetoothSocket) {
        let code = socket.takeError()
        perform(connection.handle(.failed(code: code == 0 ? ECONNRESET : code)))
    }

    private func receive(_ socket: BluetoothSocket) {
        for _ in 0..<Self.receiveCountMax where self.socket != nil {
            switch socket.receive(into: &buffer) {
            case .packet(let pdu): perform(connection.handle(.received(pdu: pdu)))
            case .nothing: return
            case .failed(let code): return perform(connection.handle(.failed(code: code)))
            }
        }
    }

    private func write(_ pdu: [UInt8]) {
        guard let socket else { return }
        if outbox.isEmpty {
            switch socket.send(pdu) {
            case .done: return
            case .full: break
            case .failed(let code): return failLater(code)
            }
        }
        outbox.append(pdu)
        waitingLength.withLock { $0 += pdu.count }
        host.thread?.change(socket.descriptor, to: POLLIN | POLLOUT)
    }

    private func flush(_ socket: BluetoothSocket) {
        var sentCount = 0
        loop: for pdu in outbox {
            switch socket.send(pdu) {
            case .done: sentCount += 1
            case .full: break loop
            case .failed(let code): return perform(connection.handle(.failed(code: code)))
            }
        }
        let sentLength = outbox.prefix(sentCount).reduce(0) { $0 + $1.count }
        outbox.removeFirst(sentCount)
        waitingLength.withLock { $0 -= sentLength }
        if outbox.isEmpty { host.thread?.change(socket.descriptor, to: POLLIN) }
    }

    private func dropSocket() {
        guard let socket else { return }
        host.thread?.unwatch(socket.descriptor)
        socket.close()
        self.socket = nil
        isRaising = false
        isSecure = false
        let length = outbox.reduce(0) { $0 + $1.count }
        outbox = []
        waitingLength.withLock { $0 -= length }
    }
}
