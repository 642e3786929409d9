import CORProtocol
import DurableFiles
import Glibc
import HubCore

/// Reads the configuration's files: the one that is named, and then the drop-ins beside it, `corhub.d/*.toml` for
/// `corhub.toml`, in the order of their names. An invalid one stops the start: file:line and the reason, never a guess.
package enum ConfigurationLoader {
    /// Drop-ins that are read; more are refused.
    package static let dropInCountMax = 64

    package static func load(file: String) throws(ConfigurationFault) -> LoadedConfiguration {
        let reading = try read(file: file)
        if let fault = reading.faults.first { throw fault }
        return reading.loaded
    }

    /// What is there, with all of its faults. Throws what keeps a file from being read at all.
    package static func read(file: String) throws(ConfigurationFault) -> ConfigurationReading {
        var texts: [ConfigurationReading.Text] = []
        for path in [file] + (try dropIns(of: file)) {
            texts.append(ConfigurationReading.Text(file: path, bytes: try contents(of: path)))
        }
        return ConfigurationReading(texts)
    }

    package static func configuration(from text: [UInt8], file: String) throws(ConfigurationFault) -> HubConfiguration {
        let reading = ConfigurationReading([ConfigurationReading.Text(file: file, bytes: text)])
        if let fault = reading.faults.first { throw fault }
        return reading.configuration
    }

    /// Ordered by the bytes of their names. None where there is no such folder.
    private static func dropIns(of file: String) throws(ConfigurationFault) -> [String] {
        let folder = (file.hasSuffix(".toml") ? String(file.dropLast(".toml".count)) : file) + ".d"
        let names: [String]
        do throws(FileFault) {
            names = try FolderNames.ifThere(folder).filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }
        } catch {
            throw ConfigurationFault(file: folder, line: nil, reason: error.reason)
        }
        guard names.count <= dropInCountMax else {
            throw ConfigurationFault(file: folder, line: nil, reason: "more than \(dropInCountMax) files")
        }
        return names.map { "\(folder)/\($0)" }
    }

    private static func contents(of file: String) throws(ConfigurationFault) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ConfigurationFault(file: file, line: nil, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= TOMLDocument.lengthMax {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                throw ConfigurationFault(file: file, line: nil, reason: String(cString: strerror(errno)))
            }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
