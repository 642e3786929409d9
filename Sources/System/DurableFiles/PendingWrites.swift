import CHubShim
import Glibc

/// Files that are in their place and not yet known to be on the disk.
///
/// Each flush of a file costs the disk's journal a commit of its own. Where the writing of all of them is begun first, and they are
/// flushed together, one commit holds them all (fsync(2), sync_file_range(2)).
package struct PendingWrites: ~Copyable {
    /// More are not held open at a time.
    package static let countMax = 64

    private var files: [(file: DurableFile, descriptor: CInt)] = []

    package init() {}

    deinit {
        for (_, descriptor) in files { close(descriptor) }
    }

    package var count: Int { files.count }
    var isFull: Bool { files.count >= Self.countMax }

    /// Begins to write the file; nothing is waited for.
    mutating func add(_ descriptor: CInt, of file: DurableFile) {
        // Only a hint: where it fails, the flush does all of the work.
        _ = corhub_begin_writing(descriptor)
        files.append((file, descriptor))
    }

    /// Returns when all of them are on the disk; the names in their folder are not its business.
    package mutating func flush() throws(FileFault) {
        var fault: FileFault?
        for (file, descriptor) in files {
            if fsync(descriptor) != 0 { fault = fault ?? file.fault(.fsync) }
            close(descriptor)
        }
        files = []
        if let fault { throw fault }
    }
}
