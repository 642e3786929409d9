import Glibc

/// Files that are in their place and not yet known to be on the disk.
///
/// Flushes that follow each other wait for the disk one by one. Flushes that are asked for at the same time share a commit of its
/// journal, and each is as good as if it had been alone (fsync(2)).
package struct PendingWrites: ~Copyable {
    /// More are not held open at a time.
    static let countMax = 8

    private var descriptors: [CInt] = []

    package init() {}

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    var count: Int { descriptors.count }
    var isFull: Bool { descriptors.count >= Self.countMax }

    /// Takes the file over; it is closed with this value.
    mutating func add(_ descriptor: CInt) {
        descriptors.append(descriptor)
    }

    /// Returns when all of them, and `folder`, are on the disk.
    func flush(with folder: CInt) async throws(MetadataFolder.Fault) {
        let descriptors = descriptors + [folder]
        let faults = await withTaskGroup(of: CInt.self) { group in
            for descriptor in descriptors {
                group.addTask { fsync(descriptor) == 0 ? 0 : errno }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        if let fault = faults.first(where: { $0 != 0 }) { throw .io(operation: "fsync", errno: fault) }
    }
}
