import Glibc

/// The address of a socket of this machine (unix(7)).
struct UnixSocketAddress {
    private let address: sockaddr_un
    private let length: socklen_t

    /// - Parameter name: an absolute path, or "@" and a name of the abstract namespace. Nil for one that is neither, and for one
    ///   that is too long.
    init?(_ name: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        guard isAbstract || bytes.first == UInt8(ascii: "/") else { return nil }
        // An abstract name starts with a zero byte and has no end but the address's length.
        if isAbstract { bytes[0] = 0 }
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity, bytes.count > 1 else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self.address = address
        let offset = MemoryLayout<sockaddr_un>.size - capacity
        length = socklen_t(offset + bytes.count + (isAbstract ? 0 : 1))
    }

    /// 0, or -1 and errno: connect(2).
    func connect(_ descriptor: CInt) -> CInt {
        withGeneric { Glibc.connect(descriptor, $0, length) }
    }

    /// The bytes that were taken, or -1 and errno: sendto(2).
    func send(_ bytes: [UInt8], through descriptor: CInt, flags: CInt) -> Int {
        withGeneric { sendto(descriptor, bytes, bytes.count, flags, $0, length) }
    }

    private func withGeneric<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
