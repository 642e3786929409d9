import DurableFiles
import Glibc

/// Files of the server's state folder, and those that its operator names. Faults are told in the words of certificates.
enum ServerFile {
    static let lengthMax = 1 << 20

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    static func makeFolder(_ path: String) throws(CertificateFault) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .file(path: path, reason: String(cString: strerror(errno)))
        }
    }

    static func read(_ path: String) throws(CertificateFault) -> [UInt8] {
        do throws(FileFault) {
            return try DurableFile(path).contents(lengthMax: lengthMax, isFromPerson: true).bytes
        } catch {
            let isTooLong = error.operation == .read && error.code == EFBIG
            throw .file(path: error.path, reason: isTooLong ? "longer than \(lengthMax) bytes" : error.reason)
        }
    }

    static func readText(_ path: String) throws(CertificateFault) -> String {
        guard let text = String(validating: try read(path), as: UTF8.self) else {
            throw .file(path: path, reason: "not UTF-8")
        }
        return text
    }

    /// Returns when file and folder are on the disk.
    static func write(_ text: String, to path: String, _ access: DurableFile.Access) throws(CertificateFault) {
        do throws(FileFault) {
            try DurableFile(path).replace(with: Array(text.utf8), access: access)
        } catch {
            throw .file(path: error.path, reason: error.reason)
        }
    }
}
