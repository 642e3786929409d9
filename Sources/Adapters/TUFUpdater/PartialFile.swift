package import CORProtocol
import Crypto
import Glibc

/// A file that is put together of parts; what is there when it is cut off is what it goes on from.
package struct PartialFile: ~Copyable {
    package enum Fault: Error, Sendable, Hashable {
        case io(operation: String, errno: CInt)
    }

    private let descriptor: CInt
    /// Bytes that are there.
    package private(set) var length: Int

    /// Opens or makes it; one that is longer than `lengthMax` begins anew.
    package init(at path: String, lengthMax: Int) throws(Fault) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            length = 0
            throw .io(operation: "open", errno: errno)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            length = 0
            throw .io(operation: "stat", errno: errno)
        }
        length = Int(status.st_size)
        if length > lengthMax { try truncate() }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    package mutating func truncate() throws(Fault) {
        guard ftruncate(descriptor, 0) == 0 else { throw .io(operation: "truncate", errno: errno) }
        length = 0
    }

    package mutating func append(_ bytes: [UInt8]) throws(Fault) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written, off_t(length))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .io(operation: "write", errno: errno) }
            written += count
            length += count
        }
    }

    /// Of all bytes that are there; read in pieces, so that an image is never in memory as a whole.
    package func hash() throws(Fault) -> SHA256Hash {
        var hash = SHA256()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var offset = 0
        while offset < length {
            let count = pread(descriptor, &chunk, chunk.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .io(operation: "read", errno: errno) }
            chunk.withUnsafeBytes { hash.update(bufferPointer: .init(rebasing: $0[..<count])) }
            offset += count
        }
        guard let digest = SHA256Hash(bytes: Array(hash.finalize())) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        return digest
    }

    package func synchronise() throws(Fault) {
        guard fsync(descriptor) == 0 else { throw .io(operation: "fsync", errno: errno) }
    }
}
