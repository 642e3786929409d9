import Glibc

/// Files that are in their place and not yet known to be on the disk.
///
/// Flushes that follow each other wait for the disk one by one. Flushes that are asked for at the same time share a commit of its
/// journal, and each is as good as if it had been alone (fsync(2)).
package struct PendingWrites: ~Copyable {
    /// More are not held open at a time.
    package static let countMax = 8

    private struct Write: Sendable {
        var file: DurableFile
        var descriptor: CInt
    }

    private var writes: [Write] = []

    package init() {}

    deinit {
        for write in writes { close(write.descriptor) }
    }

    package var count: Int { writes.count }
    var isFull: Bool { writes.count >= Self.countMax }

    /// Takes the descriptor over; it is closed with this value.
    mutating func add(_ descriptor: CInt, of file: DurableFile) {
        writes.append(Write(file: file, descriptor: descriptor))
    }

    /// Returns when all of them, and the names in `folder`, are on the disk.
    package func flush(withFolder folder: String) async throws(FileFault) {
        let writes = writes
        let faults = await withTaskGroup(of: FileFault?.self) { group in
            for write in writes {
                group.addTask { fsync(write.descriptor) == 0 ? nil : write.file.fault(.fsync) }
            }
            group.addTask { Self.fault(ofFolder: folder) }
            return await group.reduce(into: [FileFault]()) { faults, fault in
                if let fault { faults.append(fault) }
            }
        }
        if let fault = faults.first { throw fault }
    }

    private static func fault(ofFolder folder: String) -> FileFault? {
        do throws(FileFault) {
            try DurableFile.synchronise(folder: folder)
            return nil
        } catch {
            return error
        }
    }
}
