import Glibc

/// What the kernel lets a UDP socket hold until it is read: the true size of a device's request buffers.
struct ReceiveBuffer: Sendable, Hashable {
    /// The socket option that grants the most: the forced one where this process may use it.
    let option: CInt
    /// Bytes that the kernel accounts, its own overhead included.
    let byteCount: Int

    /// What the kernel adds to a datagram when it accounts for it: its head and the rounding to pages.
    private static let overheadMax = 4_352

    /// Asks the kernel with a socket that is closed again. A system that refuses leaves its default.
    static func probe(wanted: Int) -> ReceiveBuffer {
        let descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return ReceiveBuffer(option: SO_RCVBUF, byteCount: 0) }
        defer { close(descriptor) }
        var value = CInt(clamping: wanted)
        let length = socklen_t(MemoryLayout<CInt>.size)
        var option = SO_RCVBUFFORCE
        if setsockopt(descriptor, SOL_SOCKET, option, &value, length) != 0 {
            option = SO_RCVBUF
            setsockopt(descriptor, SOL_SOCKET, option, &value, length)
        }
        var granted: CInt = 0
        var grantedLength = length
        guard getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &granted, &grantedLength) == 0 else {
            return ReceiveBuffer(option: option, byteCount: 0)
        }
        return ReceiveBuffer(option: option, byteCount: Int(granted))
    }

    /// How many requests of `length` bytes can wait, at least one.
    func requestCount(length: Int) -> Int {
        max(byteCount / (length + Self.overheadMax), 1)
    }
}
