import CHubShim
import DurableFiles
import Glibc

/// What the kernel counts of this process: proc(5), /proc/self.
struct ProcessFacts: Sendable, Equatable {
    /// In bytes.
    var residentLength = 0
    /// User and system time.
    var processorSeconds = 0.0
    var openDescriptorCount = 0
    var threadCount = 0

    static func read() -> ProcessFacts {
        var facts = ProcessFacts()
        facts.processorSeconds = Double(corhub_processor_nanoseconds()) / 1e9
        // "total resident shared …", in pages.
        let pages = words(of: "/proc/self/statm")
        if pages.count > 1, let resident = Int(pages[1]) {
            facts.residentLength = resident * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
        facts.openDescriptorCount = max(0, entryCount(of: "/proc/self/fd") - 1)
        facts.threadCount = entryCount(of: "/proc/self/task")
        return facts
    }

    private static func words(of path: String) -> [Substring] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return [] }
        return String(decoding: buffer.prefix(count), as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }

    private static func entryCount(of folder: String) -> Int {
        (try? FolderNames.of(folder).count) ?? 0
    }
}
