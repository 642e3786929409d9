import CORProtocol
import Glibc
import HubCore

/// The number of the last commit, kept outside of the database and fsynced.
///
/// SQLite takes a damaged end of its write-ahead log for an interrupted write and drops it without a word; this number
/// tells. There are two slots of 40 bytes, big endian number and its SHA-256, written in turn, so that a torn write
/// leaves the other one. The number is never ahead of what is durable in the database. It is written with each commit, and
/// synced later: after the end of the program it is that of the newest commit, after a loss of power it may be behind by
/// what `StoreOptions.commitSequenceDelay` says.
final class CommitSequenceFile {
    private static let slotLength = 8 + SHA256Hash.byteCount
    /// Slots lie in different sectors and pages.
    private static let slotDistance = 4096

    let path: String
    private(set) var sequence: UInt64
    /// In bytes, as the disk writes them: a sector for each slot.
    private(set) var writtenLength: UInt64 = 0
    private let descriptor: Int32
    private var nextSlot = 0

    /// - Returns: nil where there is no file.
    static func opening(path: String) throws(StoreFault) -> CommitSequenceFile? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreFault(errno: errno, path: path)
        }
        let slots = (0...1).map { slot(at: $0, of: descriptor) }
        guard let sequence = slots.compactMap(\.self).max() else {
            Glibc.close(descriptor)
            throw .damaged(.commitSequenceMissing)
        }
        let file = CommitSequenceFile(path: path, descriptor: descriptor, sequence: sequence)
        file.nextSlot = slots[0] == sequence ? 1 : 0
        return file
    }

    /// Makes the file, with number 0, durably.
    static func creating(path: String, inDirectory directory: String) throws(StoreFault) -> CommitSequenceFile {
        // Under its own name only when it is whole: the name's presence is what opening relies on.
        let temporary = path + ".new"
        let descriptor = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFault(errno: errno, path: path) }
        let file = CommitSequenceFile(path: path, descriptor: descriptor, sequence: 0)
        try file.write(0)
        try file.write(0)
        guard rename(temporary, path) == 0 else { throw StoreFault(errno: errno, path: path) }
        try StoreFile.synchroniseDirectory(directory)
        return file
    }

    private init(path: String, descriptor: Int32, sequence: UInt64) {
        self.path = path
        self.descriptor = descriptor
        self.sequence = sequence
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Returns when the number is on the disk. A failure is final: the caller stops writing.
    func write(_ sequence: UInt64) throws(StoreFault) {
        try note(sequence)
        guard fdatasync(descriptor) == 0 else { throw .io(code: errno) }
        self.sequence = sequence
        writtenLength += UInt64(Self.slotDistance)
        nextSlot = 1 - nextSlot
    }

    /// Leaves the number to the kernel, in the slot that is not the one that was synced last.
    func note(_ sequence: UInt64) throws(StoreFault) {
        let number = withUnsafeBytes(of: sequence.bigEndian) { [UInt8]($0) }
        let slot = number + SHA256Hash.of(number).bytes
        let offset = nextSlot * Self.slotDistance
        let written = slot.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == slot.count else { throw written < 0 ? StoreFault(errno: errno, path: path) : .full }
    }

    private static func slot(at index: Int, of descriptor: Int32) -> UInt64? {
        var slot = [UInt8](repeating: 0, count: slotLength)
        let offset = off_t(index * slotDistance)
        let count = slot.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, offset) }
        let number = Array(slot.prefix(8))
        guard count == slotLength, Array(slot.dropFirst(8)) == SHA256Hash.of(number).bytes else { return nil }
        return number.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
