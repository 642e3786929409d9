import Glibc

/// A folder of files that are each replaced whole: trusted metadata, one file a role, and what hangs on them.
package struct MetadataFolder: Sendable {
    /// More than any metadata may have.
    package static let metadataLengthMax = 8_000_000

    package enum Fault: Error, Sendable, Hashable {
        case io(operation: String, errno: CInt)
        case tooLong

        /// errno.
        package var code: CInt {
            switch self {
            case .io(_, let errno): errno
            case .tooLong: EFBIG
            }
        }
    }

    private let path: String
    private let lengthMax: Int

    /// - Parameters:
    ///   - path: A folder that exists. Nobody else writes into it.
    ///   - lengthMax: bytes of a file that is read.
    package init(_ path: String, lengthMax: Int = metadataLengthMax) {
        self.path = path
        self.lengthMax = lengthMax
    }

    /// nil where there is no such file.
    package func read(_ name: String) throws(Fault) -> [UInt8]? {
        let descriptor = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw .io(operation: "open", errno: errno) }
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .io(operation: "stat", errno: errno) }
        guard status.st_size <= lengthMax else { throw .tooLong }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .io(operation: "read", errno: errno) }
            guard count > 0 else { break }
            length += count
        }
        bytes.removeLast(bytes.count - length)
        return bytes
    }

    /// The old file is there whole, or the new one, whenever the power goes; which of them, `synchronise` settles.
    package func replace(_ name: String, with bytes: [UInt8]) throws(Fault) {
        let partial = "\(path)/.\(name).part"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .io(operation: "create", errno: errno) }
        do throws(Fault) {
            defer { close(descriptor) }
            try Self.fill(descriptor, with: bytes)
            guard fsync(descriptor) == 0 else { throw Fault.io(operation: "fsync", errno: errno) }
            guard rename(partial, "\(path)/\(name)") == 0 else { throw Fault.io(operation: "rename", errno: errno) }
        } catch {
            // What we made is taken away again; the fault itself matters more than a leftover.
            _ = unlink(partial)
            throw error
        }
    }

    /// The same, where a file that is new may be flushed by `synchronise`: it takes no other's place, and what a lost power leaves of it
    /// is as good as none. One that takes another's place is flushed before.
    package func replace(
        _ name: String, with bytes: [UInt8], flushing pending: inout PendingWrites
    ) throws(Fault) {
        guard !pending.isFull, access("\(path)/\(name)", F_OK) != 0, errno == ENOENT else {
            return try replace(name, with: bytes)
        }
        let partial = "\(path)/.\(name).part"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .io(operation: "create", errno: errno) }
        do throws(Fault) {
            try Self.fill(descriptor, with: bytes)
            guard rename(partial, "\(path)/\(name)") == 0 else { throw Fault.io(operation: "rename", errno: errno) }
        } catch {
            close(descriptor)
            _ = unlink(partial)
            throw error
        }
        pending.add(descriptor)
    }

    package func remove(_ name: String) throws(Fault) {
        guard unlink("\(path)/\(name)") == 0 else {
            guard errno == ENOENT else { throw .io(operation: "unlink", errno: errno) }
            return
        }
    }

    /// Returns when everything that was replaced and removed is so on the disk.
    package func synchronise(_ pending: borrowing PendingWrites) async throws(Fault) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .io(operation: "open folder", errno: errno) }
        defer { close(descriptor) }
        try await pending.flush(with: descriptor)
    }

    /// The same, where nothing is pending.
    package func synchronise() throws(Fault) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .io(operation: "open folder", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .io(operation: "fsync folder", errno: errno) }
    }

    private static func fill(_ descriptor: CInt, with bytes: [UInt8]) throws(Fault) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .io(operation: "write", errno: errno) }
            offset += count
        }
    }
}
