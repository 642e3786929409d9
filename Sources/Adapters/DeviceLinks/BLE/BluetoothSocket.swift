import BluetoothProtocol
import CBluetooth
import Glibc

/// One of the kernel's Bluetooth sockets: whole packets in, whole packets out, never waiting. Closed by `close()` only.
struct BluetoothSocket {
    let descriptor: Int32

    enum Received {
        case packet([UInt8])
        case nothing
        case failed(code: Int32)
    }

    enum Sent {
        case done
        case full
        case failed(code: Int32)
    }

    static func management() throws(SystemFailure) -> BluetoothSocket {
        try BluetoothSocket(descriptor: checked(corhub_bluetooth_management_socket()))
    }

    static func att() throws(SystemFailure) -> BluetoothSocket {
        try BluetoothSocket(descriptor: checked(corhub_bluetooth_att_socket()))
    }

    /// The kernel takes what it has to say to the controller back; that takes it some seconds where the controller hangs.
    /// A failure shows in the set-up that follows.
    static func forceOff(index: UInt16) {
        _ = corhub_bluetooth_force_off(index)
    }

    func connect(to peer: BluetoothPeer) throws(SystemFailure) {
        let code = peer.address.wireBytes.withUnsafeBufferPointer {
            corhub_bluetooth_connect(descriptor, $0.baseAddress, peer.kind.rawValue)
        }
        guard code == 0 || code == -EINPROGRESS else { throw SystemFailure(code: -code) }
    }

    func setSecurity(_ level: UInt8) throws(SystemFailure) {
        _ = try Self.checked(corhub_bluetooth_set_security(descriptor, level))
    }

    func security() throws(SystemFailure) -> (level: UInt8, keySize: UInt8) {
        var level: UInt8 = 0
        var keySize: UInt8 = 0
        _ = try Self.checked(corhub_bluetooth_security(descriptor, &level, &keySize))
        return (level, keySize)
    }

    /// The error that the socket has met, 0 for none.
    func takeError() -> Int32 {
        abs(corhub_bluetooth_socket_error(descriptor))
    }

    /// - Parameter buffer: as long as the longest packet and one byte more; what fills it is cut short and a decoder's
    ///   to refuse.
    func receive(into buffer: inout [UInt8]) -> Received {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { return .packet(Array(buffer.prefix(count))) }
        if count == 0 { return .failed(code: ECONNRESET) }
        return errno == EAGAIN || errno == EINTR ? .nothing : .failed(code: errno)
    }

    func send(_ packet: [UInt8]) -> Sent {
        if Glibc.send(descriptor, packet, packet.count, Int32(MSG_NOSIGNAL)) >= 0 { return .done }
        return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? .full : .failed(code: errno)
    }

    func close() {
        _ = Glibc.close(descriptor)
    }

    private static func checked(_ code: Int32) throws(SystemFailure) -> Int32 {
        guard code >= 0 else { throw SystemFailure(code: -code) }
        return code
    }
}
