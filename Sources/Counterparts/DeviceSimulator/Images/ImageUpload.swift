import Crypto
package import SMPProtocol

/// An upload that has begun: what its first chunk announced, and the bytes so far.
package struct ImageUpload: Sendable {
    package let first: ImageUploadRequest.First
    package private(set) var bytes: [UInt8] = []
    /// Bytes that came for it, those that came twice or too early as well.
    package private(set) var receivedCount = 0
    private var hash = SHA256()

    package init(first: ImageUploadRequest.First) {
        self.first = first
        bytes.reserveCapacity(Int(first.length))
    }

    package var isComplete: Bool {
        bytes.count == Int(first.length)
    }

    mutating func noteReceived(_ count: Int) {
        receivedCount += count
    }

    /// - Throws: `dataOverrun` when the chunk goes beyond the announced length.
    package mutating func append(_ data: [UInt8]) throws(ImageRefusal) {
        guard data.count <= Int(first.length) - bytes.count else { throw .dataOverrun }
        bytes += data
        data.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    /// Whether the file's digest is the one announced; nil when none was.
    package var digestMatches: Bool? {
        first.digest.map { $0 == Array(hash.finalize()) }
    }
}
