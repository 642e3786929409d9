import Glibc

extension DurableFile {
    /// What is read, and who may.
    package struct Contents: Sendable, Hashable {
        package var bytes: [UInt8]
        /// Permission bits, `mode & 0o7777`.
        package var mode: UInt32
        /// User id.
        package var owner: UInt32
    }

    /// The whole file; nil where there is none. As `contents`.
    package func contentsIfThere(lengthMax: Int, isFromPerson: Bool = false) throws(FileFault) -> Contents? {
        do throws(FileFault) {
            return try contents(lengthMax: lengthMax, isFromPerson: isFromPerson)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    /// The whole file.
    ///
    /// - Parameters:
    ///   - lengthMax: in bytes; more is refused (EFBIG).
    ///   - isFromPerson: takes what a person names: links, and whatever can be read. Else a symbolic link is refused (ELOOP)
    ///     and what is no regular file (EINVAL).
    package func contents(lengthMax: Int, isFromPerson: Bool = false) throws(FileFault) -> Contents {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isFromPerson ? 0 : O_NOFOLLOW | O_NONBLOCK))
        guard descriptor >= 0 else { throw fault(.open) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault(.stat) }
        guard isFromPerson || status.st_mode & S_IFMT == S_IFREG else {
            throw FileFault(path: path, operation: .open, code: EINVAL)
        }
        guard status.st_size <= lengthMax else { throw FileFault(path: path, operation: .read, code: EFBIG) }
        return Contents(
            bytes: try rest(of: descriptor, expected: Int(status.st_size), lengthMax: lengthMax),
            mode: UInt32(status.st_mode) & 0o7777, owner: status.st_uid)
    }

    /// - Parameter expected: bytes, by what the file says of itself; a pipe says 0, and a file may grow meanwhile.
    private func rest(of descriptor: CInt, expected: Int, lengthMax: Int) throws(FileFault) -> [UInt8] {
        // One byte more is asked for than there should be, so that the end is seen.
        var bytes = [UInt8](repeating: 0, count: min(max(expected, 4_095), lengthMax) + 1)
        var length = 0
        while true {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(.read) }
            guard count > 0 else { break }
            length += count
            guard length <= lengthMax else { throw FileFault(path: path, operation: .read, code: EFBIG) }
            if length == bytes.count {
                bytes += [UInt8](repeating: 0, count: min(length, lengthMax + 1 - length))
            }
        }
        bytes.removeLast(bytes.count - length)
        return bytes
    }
}
