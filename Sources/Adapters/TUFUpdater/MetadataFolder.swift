package import DurableFiles
import Glibc

/// A folder of files that are each replaced whole: trusted metadata, one file a role, and what hangs on them.
package struct MetadataFolder: Sendable {
    /// More than any metadata may have.
    package static let metadataLengthMax = 8_000_000

    package enum Fault: Error, Sendable, Hashable {
        case io(operation: String, errno: CInt)
        case tooLong

        init(_ fault: FileFault) {
            let isTooLong = fault.operation == .read && fault.code == EFBIG
            self = isTooLong ? .tooLong : .io(operation: fault.operation.rawValue, errno: fault.code)
        }

        /// errno.
        package var code: CInt {
            switch self {
            case .io(_, let errno): errno
            case .tooLong: EFBIG
            }
        }
    }

    private let path: String
    private let lengthMax: Int

    /// - Parameters:
    ///   - path: A folder that exists. Nobody else writes into it.
    ///   - lengthMax: bytes of a file that is read.
    package init(_ path: String, lengthMax: Int = metadataLengthMax) {
        self.path = path
        self.lengthMax = lengthMax
    }

    /// nil where there is no such file.
    package func read(_ name: String) throws(Fault) -> [UInt8]? {
        try Self.told { () throws(FileFault) in try file(name).contentsIfThere(lengthMax: lengthMax)?.bytes }
    }

    /// The old file is there whole, or the new one, whenever the power goes; which of them, `synchronise` settles.
    package func replace(_ name: String, with bytes: [UInt8]) throws(Fault) {
        try Self.told { () throws(FileFault) in try file(name).replaceUnsettled(with: bytes, access: .everyone) }
    }

    /// The same, where a file that is new may be flushed by `synchronise`: it takes no other's place, and what a lost power leaves of it
    /// is as good as none. One that takes another's place is flushed before.
    package func replace(
        _ name: String, with bytes: [UInt8], flushing pending: inout PendingWrites
    ) throws(Fault) {
        do throws(FileFault) {
            try file(name).replaceUnsettled(with: bytes, access: .everyone, flushing: &pending)
        } catch {
            throw Fault(error)
        }
    }

    package func remove(_ name: String) throws(Fault) {
        try Self.told { () throws(FileFault) in try file(name).removeUnsettled() }
    }

    /// Returns when everything that was replaced and removed is so on the disk.
    package func synchronise(_ pending: borrowing PendingWrites) async throws(Fault) {
        do throws(FileFault) {
            try await pending.flush(withFolder: path)
        } catch {
            throw Fault(error)
        }
    }

    /// The same, where nothing is pending.
    package func synchronise() throws(Fault) {
        try Self.told { () throws(FileFault) in try DurableFile.synchronise(folder: path) }
    }

    private func file(_ name: String) -> DurableFile { DurableFile("\(path)/\(name)") }

    private static func told<Value>(_ body: () throws(FileFault) -> Value) throws(Fault) -> Value {
        do throws(FileFault) {
            return try body()
        } catch {
            throw Fault(error)
        }
    }
}
