package import BluetoothProtocol
import CBORCoding
import Glibc

/// The bonds of this hub on the disk. Written whole under another name, flushed, renamed, and the folder flushed: after a
/// power cut there is the old list or the new one. Readable by the hub's own user only.
package struct BondsFile {
    package enum Fault: Error, Hashable {
        /// It is there and is not a bond list: it is kept, and BLE stays off.
        case damaged(String)
        case readableByOthers(mode: UInt32)
        case system(operation: String, code: Int32)
    }

    private static let mode: mode_t = 0o600

    package static let name = "bluetooth-bonds.cbor"

    package let folder: String
    private var path: String { "\(folder)/\(Self.name)" }

    package init(folder: String) {
        self.folder = folder
    }

    /// The list, or a new one with an identity made by chance, which is durable when this returns.
    package func loadOrMake() throws(Fault) -> BluetoothBondList {
        if let list = try load() { return list }
        // One draw in 2^46 is no static random address; the second is.
        var identity: BluetoothOwnIdentity?
        while identity == nil {
            identity = BluetoothOwnIdentity(chance: (0..<22).map { _ in UInt8.random(in: 0...255) })
        }
        guard let identity else { throw .system(operation: "draw", code: EIO) }
        let list = BluetoothBondList(ownIdentity: identity)
        try store(list)
        return list
    }

    /// Whether this process may use the bonds: no other has them. Held until the process ends.
    package func lock() throws(Fault) -> Bool {
        let descriptor = open("\(folder)/bluetooth.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, Self.mode)
        guard descriptor >= 0 else { throw .system(operation: "open lock", code: errno) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        let code = errno
        close(descriptor)
        guard code == EWOULDBLOCK else { throw .system(operation: "lock", code: code) }
        return false
    }

    package func load() throws(Fault) -> BluetoothBondList? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(operation: "open", code: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(operation: "stat", code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .damaged("it is no regular file") }
        guard status.st_mode & 0o077 == 0 else { throw .readableByOthers(mode: UInt32(status.st_mode) & 0o7777) }
        var bytes = [UInt8](repeating: 0, count: BluetoothBondList.encodedLengthMax + 1)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(operation: "read", code: errno) }
            if count == 0 { break }
            length += count
        }
        guard length <= BluetoothBondList.encodedLengthMax else { throw .damaged("it is too long") }
        do {
            return try BluetoothBondList(decoding: Array(bytes.prefix(length)))
        } catch {
            throw .damaged("\(error)")
        }
    }

    /// Returns after file and folder are on the disk.
    package func store(_ list: BluetoothBondList) throws(Fault) {
        let temporaryPath = "\(folder)/.\(Self.name).new"
        guard unlink(temporaryPath) == 0 || errno == ENOENT else { throw .system(operation: "unlink", code: errno) }
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, Self.mode)
        guard descriptor >= 0 else { throw .system(operation: "create", code: errno) }
        do throws(Fault) {
            try Self.fill(descriptor, with: list.encoded())
            guard rename(temporaryPath, path) == 0 else { throw Fault.system(operation: "rename", code: errno) }
        } catch {
            // What was made is taken away again; the fault matters more than a leftover.
            _ = unlink(temporaryPath)
            throw error
        }
        try flushFolder()
    }

    private static func fill(_ descriptor: Int32, with bytes: [UInt8]) throws(Fault) {
        defer { close(descriptor) }
        // open(2) applies the umask; the mode asked for is the mode that is set.
        guard fchmod(descriptor, mode) == 0 else { throw .system(operation: "chmod", code: errno) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(operation: "write", code: errno) }
            offset += count
        }
        guard fsync(descriptor) == 0 else { throw .system(operation: "fsync", code: errno) }
    }

    private func flushFolder() throws(Fault) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(operation: "open folder", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system(operation: "fsync folder", code: errno) }
    }
}

extension BondsFile.Fault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damaged(let what): "the bonds file is damaged: \(what)"
        case .readableByOthers(let mode): "the bonds file has mode \(String(mode, radix: 8)); only 600 is safe"
        case .system(let operation, let code): "the bonds file: \(operation) failed with error \(code)"
        }
    }
}
