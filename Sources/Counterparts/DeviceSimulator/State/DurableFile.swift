import Glibc

/// A file that is replaced as a whole: after a power loss it holds the old bytes or the new ones.
package struct DurableFile: Sendable, Hashable {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// The largest file that is read back.
    package static let lengthMax = 64 << 20

    /// All bytes; nil where there is no file.
    package func read() throws(StateFolderError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StateFolderError(path: path, operation: "open", code: errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= Self.lengthMax {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw StateFolderError(path: path, operation: "read", code: errno)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
        throw StateFolderError(path: path, operation: "read", code: EFBIG)
    }

    /// Writes beside it, syncs, renames, syncs the folder.
    package func replace(with bytes: [UInt8], mode: UInt32 = 0o644) throws(StateFolderError) {
        let temporaryPath = path + ".new"
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw StateFolderError(path: path, operation: "create", code: errno) }
        do throws(StateFolderError) {
            try write(bytes, to: descriptor)
            guard fsync(descriptor) == 0 else { throw StateFolderError(path: path, operation: "sync", code: errno) }
        } catch {
            close(descriptor)
            throw error
        }
        close(descriptor)
        guard rename(temporaryPath, path) == 0 else {
            throw StateFolderError(path: path, operation: "rename", code: errno)
        }
        try syncFolder()
    }

    package func remove() throws(StateFolderError) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw StateFolderError(path: path, operation: "remove", code: errno)
        }
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(StateFolderError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw StateFolderError(path: path, operation: "write", code: errno)
            }
            offset += count
        }
    }

    private func syncFolder() throws(StateFolderError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StateFolderError(path: folder, operation: "open", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StateFolderError(path: folder, operation: "sync", code: errno) }
    }
}

/// The world failed a folder of the simulator.
package struct StateFolderError: Error, Sendable, Hashable {
    package var path: String
    package var operation: String
    /// errno.
    package var code: Int32
}

extension StateFolderError: CustomStringConvertible {
    package var description: String {
        "\(path): cannot \(operation): \(String(cString: strerror(code)))"
    }
}
