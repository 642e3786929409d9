import Glibc
import HubCore

extension AdapterFacts {
    /// Daemons that take every adapter they find.
    private static let daemons: Set<String> = ["bluetoothd"]
    private static let processFolder = "/proc"
    /// Entries of /proc that are looked at.
    private static let entryCountMax = 1 << 17

    /// Looks at the kernel's name and at the names of all processes. Nothing is asked of anybody.
    static func read(socketFailure: Int32?) -> AdapterFacts {
        var system = utsname()
        uname(&system)
        return AdapterFacts(
            owner: owner(), kernelRelease: text(of: &system.release), kernelVersion: text(of: &system.version),
            socketFailure: socketFailure)
    }

    private static func owner() -> Owner {
        guard let folder = opendir(processFolder) else { return .hidden }
        defer { closedir(folder) }
        // The first process is always there; who cannot see it does not see a daemon either.
        guard name(ofProcess: "1") != nil else { return .hidden }
        for _ in 0..<entryCountMax {
            guard let entry = readdir(folder) else { break }
            let process = text(of: &entry.pointee.d_name)
            guard process.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let name = name(ofProcess: process) else {
                continue
            }
            if daemons.contains(name) { return .daemon(name) }
        }
        return .nobody
    }

    /// At most 15 bytes, as the kernel keeps them: proc(5), /proc/PID/comm.
    private static func name(ofProcess process: String) -> String? {
        let descriptor = open("\(processFolder)/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// The text in a C array that ends with a zero.
    private static func text<Characters>(of characters: inout Characters) -> String {
        withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
