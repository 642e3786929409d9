import DurableFiles
import Glibc
package import HubCore

extension AdapterFacts {
    /// Daemons that take every adapter they find.
    private static let daemons: Set<String> = ["bluetoothd"]
    /// Their units: what runs in one is seen where /proc hides the processes of others.
    private static let daemonUnits = ["bluetooth.service": "bluetoothd"]
    package static let processFolder = "/proc"
    /// systemd's control groups (version 2, mounted as cgroups(7) says), each service in a folder of its own.
    package static let serviceFolder = "/sys/fs/cgroup/system.slice"

    /// Looks at the kernel's name and at the names of all processes. Nothing is asked of anybody.
    static func read(socketFailure: Int32?) -> AdapterFacts {
        var system = utsname()
        uname(&system)
        return AdapterFacts(
            owner: owner(), kernelRelease: text(of: &system.release), kernelVersion: text(of: &system.version),
            socketFailure: socketFailure)
    }

    /// Why there is no management socket, an errno; nil where one can be had. It is closed again at once.
    package static func managementSocketFailure() -> Int32? {
        do throws(SystemFailure) {
            close(try BluetoothSocket.management().descriptor)
            return nil
        } catch {
            return error.code
        }
    }

    /// - Parameters:
    ///   - processFolder: /proc, or what stands for it.
    ///   - serviceFolder: the folder of the services' control groups, or what stands for it.
    package static func owner(
        processFolder: String = processFolder, serviceFolder: String = serviceFolder
    ) -> Owner {
        guard let processes = try? FolderNames.of(processFolder) else { return .hidden }
        // The first process is always there; who cannot see it does not see a daemon either.
        guard name(ofProcess: "1", in: processFolder) != nil else { return owner(byServicesIn: serviceFolder) }
        for process in processes {
            guard process.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let name = name(ofProcess: process, in: processFolder)
            else {
                continue
            }
            if daemons.contains(name) { return .daemon(name) }
        }
        return .nobody
    }

    private static func owner(byServicesIn folder: String) -> Owner {
        guard start(ofFile: "\(folder)/cgroup.events") != nil else { return .hidden }
        for (unit, daemon) in daemonUnits {
            // The folder of a unit that has ended is gone, or empty of processes for a moment.
            let events = start(ofFile: "\(folder)/\(unit)/cgroup.events") ?? ""
            if events.split(separator: "\n").contains("populated 1") { return .daemon(daemon) }
        }
        return .nobody
    }

    /// At most 15 bytes, as the kernel keeps them: proc(5), /proc/PID/comm.
    private static func name(ofProcess process: String, in processFolder: String) -> String? {
        start(ofFile: "\(processFolder)/\(process)/comm").map { String($0.prefix { $0 != "\n" }) }
    }

    /// The first bytes of a small file of the kernel; nil for one that is not there, or empty.
    private static func start(ofFile path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// The text in a C array that ends with a zero.
    private static func text<Characters>(of characters: inout Characters) -> String {
        withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
