import DurableFiles
import Glibc

/// Files of a repository and of keys: whole or not there, after a power cut too.
enum RepositoryFiles {
    static let lengthMax = 16 << 20

    static func makeFolder(_ path: String, _ mode: mode_t = 0o755) throws(PublisherFault) {
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/\(part)"
            guard mkdir(partial, mode) == 0 || errno == EEXIST else {
                throw .file(path: partial, reason: String(cString: strerror(errno)))
            }
        }
    }

    /// nil where there is no such file.
    static func read(_ path: String) throws(PublisherFault) -> [UInt8]? {
        do throws(FileFault) {
            return try DurableFile(path).contentsIfThere(lengthMax: lengthMax, isFromPerson: true)?.bytes
        } catch {
            let isTooLong = error.operation == .read && error.code == EFBIG
            throw isTooLong ? .file(path: path, reason: "longer than \(lengthMax) bytes") : fault(error)
        }
    }

    /// Returns when file and folder are on the disk.
    static func write(
        _ bytes: [UInt8], to path: String, _ access: DurableFile.Access = .everyone
    ) throws(PublisherFault) {
        do throws(FileFault) {
            try DurableFile(path).replace(with: bytes, access: access)
        } catch {
            throw fault(error)
        }
    }

    /// Names in a folder, in order; none where there is no folder.
    static func names(in path: String) -> [String] {
        (try? FolderNames.of(path)) ?? []
    }

    static func rename(_ path: String, to other: String) throws(PublisherFault) {
        do throws(FileFault) {
            try DurableFile(path).move(over: DurableFile(other))
        } catch {
            throw fault(error)
        }
    }

    private static func fault(_ fault: FileFault) -> PublisherFault {
        .file(path: fault.path, reason: fault.reason)
    }
}
