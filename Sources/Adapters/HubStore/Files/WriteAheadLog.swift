import Glibc
import HubCore

/// How SQLite's write-ahead log ends, looked at before SQLite does.
///
/// SQLite takes the first frame whose checksum is wrong for the end of what was written, and drops it and all behind it
/// without a word. But a commit is begun only when the one before is synced: where a whole commit and the beginning of
/// another lie behind a wrong frame, the wrong one is damage. Only in the newest commit damage looks as a cut does.
///
/// sqlite.org/fileformat2.html, section 4.
enum WriteAheadLog {
    enum End: Sendable, Hashable {
        /// Behind the last commit nothing of this log was written.
        case whole
        /// So many frames of a commit that SQLite will not find: power was lost, a transaction was given up, or the
        /// newest commit is damaged.
        case unfinished(frameCount: Int)
        /// The frame is wrong, and what lies behind it proves that it was right once. 0 is the log's head.
        case broken(frame: Int)
    }

    private static let headLength = 32
    private static let frameHeadLength = 24

    /// - Throws: What reading the file came to. A log that is not there is whole.
    static func end(of path: String) throws(StoreFault) -> End {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return .whole }
            throw StoreFault(errno: errno, path: path)
        }
        defer { close(descriptor) }
        let bytes = try read(descriptor, headLength, at: 0, path: path)
        // A head of zeros was never written: the file grew, and power was lost.
        guard bytes.count == headLength, bytes.contains(where: { $0 != 0 }) else { return .whole }
        guard let head = Head(bytes) else { return .broken(frame: 0) }
        return try end(of: head, descriptor, path: path)
    }

    private static func end(of head: Head, _ descriptor: Int32, path: String) throws(StoreFault) -> End {
        let frameLength = frameHeadLength + head.pageLength
        var checksum: Checksum? = head.checksum
        var (index, unfinishedCount, firstWrong) = (0, 0, 0)
        var hasCommitBehindWrong = false
        while true {
            let offset = headLength + index * frameLength
            let bytes = try read(descriptor, frameLength, at: offset, path: path)
            guard bytes.count == frameLength else { break }
            index += 1
            let frame = Frame(bytes)
            // A frame of an earlier log shares neither of two random numbers. One flipped bit leaves one of them.
            guard frame.salts.0 == head.salts.0 || frame.salts.1 == head.salts.1 else { break }
            if let last = checksum {
                var sum = last
                sum.add(bytes[..<8], isBigEndian: head.isBigEndian)
                sum.add(bytes[frameHeadLength...], isBigEndian: head.isBigEndian)
                checksum = sum == frame.checksum && frame.salts == head.salts && frame.page != 0 ? sum : nil
            }
            if checksum != nil {
                unfinishedCount = frame.isCommit ? 0 : unfinishedCount + 1
                continue
            }
            if firstWrong == 0 { firstWrong = index }
            if hasCommitBehindWrong { return .broken(frame: firstWrong) }
            hasCommitBehindWrong = frame.isCommit
            unfinishedCount += 1
        }
        return unfinishedCount == 0 ? .whole : .unfinished(frameCount: unfinishedCount)
    }

    private static func read(
        _ descriptor: Int32, _ length: Int, at offset: Int, path: String
    ) throws(StoreFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard count >= 0 else { throw StoreFault(errno: errno, path: path) }
        return Array(bytes.prefix(count))
    }

    private struct Head {
        let pageLength: Int
        let salts: (UInt32, UInt32)
        let isBigEndian: Bool
        let checksum: Checksum

        /// nil where the bytes are not a log's head, or not as they were written.
        init?(_ bytes: [UInt8]) {
            let magic = bytes.word(0)
            guard magic & ~1 == 0x377F_0682 else { return nil }
            isBigEndian = magic & 1 == 1
            pageLength = Int(bytes.word(8))
            guard (512...65_536).contains(pageLength), pageLength.nonzeroBitCount == 1 else { return nil }
            salts = (bytes.word(16), bytes.word(20))
            var sum = Checksum(first: 0, second: 0)
            sum.add(bytes[..<24], isBigEndian: isBigEndian)
            guard sum == Checksum(first: bytes.word(24), second: bytes.word(28)) else { return nil }
            checksum = sum
        }
    }

    private struct Frame {
        let page: UInt32
        /// It ends a commit: it tells the length of the database behind it.
        let isCommit: Bool
        let salts: (UInt32, UInt32)
        let checksum: Checksum

        init(_ bytes: [UInt8]) {
            page = bytes.word(0)
            isCommit = bytes.word(4) != 0
            salts = (bytes.word(8), bytes.word(12))
            checksum = Checksum(first: bytes.word(16), second: bytes.word(20))
        }
    }

    private struct Checksum: Equatable {
        var first: UInt32
        var second: UInt32

        mutating func add(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) {
            bytes.withUnsafeBytes { buffer in
                for offset in stride(from: 0, to: buffer.count - 7, by: 8) {
                    first &+= Self.word(buffer, offset, isBigEndian) &+ second
                    second &+= Self.word(buffer, offset + 4, isBigEndian) &+ first
                }
            }
        }

        private static func word(_ buffer: UnsafeRawBufferPointer, _ offset: Int, _ isBigEndian: Bool) -> UInt32 {
            let word = buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
        }
    }
}

extension [UInt8] {
    fileprivate func word(_ offset: Int) -> UInt32 {
        self[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
