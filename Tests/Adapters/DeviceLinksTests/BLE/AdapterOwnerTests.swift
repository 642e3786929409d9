import Foundation
import HubCore
import Testing

@testable import DeviceLinks

@Suite("Who owns the adapter")
struct AdapterOwnerTests {
    /// Names of processes by number, and what cgroup.events says of services; "" stands for the folder of all.
    private func owner(processes: [String: String], services: [String: String]) throws -> AdapterFacts.Owner {
        let folder = FileManager.default.temporaryDirectory.appending(path: "corhub-owner-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, content) in processes.map({ ("proc/\($0)/comm", $1) })
            + services.map({ ("services/\($0)/cgroup.events", $1) })
        {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content.utf8).write(to: file)
        }
        let path = folder.path(percentEncoded: false)
        return AdapterFacts.owner(processFolder: "\(path)/proc", serviceFolder: "\(path)/services")
    }

    @Test("Where all processes are seen, their names say it")
    func byName() throws {
        let one = ["1": "systemd\n", "77": "sh\n"]
        #expect(try owner(processes: one, services: [:]) == .nobody)
        #expect(
            try owner(processes: one.merging(["815": "bluetoothd\n"]) { $1 }, services: [:]) == .daemon("bluetoothd"))
    }

    @Test("Where /proc hides the processes of others, the control group of the daemon's unit says it")
    func byService() throws {
        let own = ["77": "corhub\n"]
        let all = ["": "populated 1\nfrozen 0\n"]
        func with(_ events: String) -> [String: String] { all.merging(["bluetooth.service": events]) { $1 } }
        #expect(try owner(processes: own, services: all) == .nobody)
        #expect(try owner(processes: own, services: with("populated 0\nfrozen 0\n")) == .nobody)
        #expect(try owner(processes: own, services: with("populated 1\nfrozen 0\n")) == .daemon("bluetoothd"))
    }

    @Test("Where neither is seen, nobody can tell")
    func hidden() throws {
        #expect(try owner(processes: ["77": "corhub\n"], services: [:]) == .hidden)
        #expect(AdapterFacts.owner(processFolder: "/nowhere", serviceFolder: "/nowhere") == .hidden)
    }
}
