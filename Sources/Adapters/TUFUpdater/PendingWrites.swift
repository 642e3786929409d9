import CHubShim
import Glibc

/// Files that are in their place and not yet known to be on the disk.
///
/// Each flush of a file costs the disk's journal a commit of its own. Where the writing of all of them is begun first, and they are
/// flushed together, one commit holds them all (fsync(2), sync_file_range(2)).
package struct PendingWrites: ~Copyable {
    /// More are not held open at a time.
    static let countMax = 64

    private var descriptors: [CInt] = []

    package init() {}

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    var count: Int { descriptors.count }
    var isFull: Bool { descriptors.count >= Self.countMax }

    /// Begins to write the file; nothing is waited for.
    mutating func add(_ descriptor: CInt) {
        // Only a hint: where it fails, the flush does all of the work.
        _ = corhub_begin_writing(descriptor)
        descriptors.append(descriptor)
    }

    /// Returns when all of them are on the disk.
    mutating func flush() throws(MetadataFolder.Fault) {
        var fault: CInt?
        for descriptor in descriptors {
            if fsync(descriptor) != 0 { fault = fault ?? errno }
            close(descriptor)
        }
        descriptors = []
        if let fault { throw .io(operation: "fsync", errno: fault) }
    }
}
