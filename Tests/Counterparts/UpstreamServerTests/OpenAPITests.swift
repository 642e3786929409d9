import Foundation
import TestSupport
import Testing

@testable import UpstreamServer

@Suite("docs/openapi.yaml")
struct OpenAPITests {
    @Test("It has the endpoints that are served, with who may call them, and no others")
    func endpoints() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "corhub-openapi-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        let state = path.path(percentEncoded: false)
        try StateFolder.create(at: state, settings: .init(environment: "test", names: ["localhost"]), now: Date())
        let folder = try StateFolder(opening: state)
        let desk = try EnrolmentDesk(folder: folder, clock: systemClock)
        let ledger = try LedgerDatabase(folder: folder, signer: ReceiptSigner(folder: folder), clock: systemClock)
        let receiver = BatchReceiver(
            folder: folder, inspector: .init(anchors: []), reportInspector: .init(anchors: []), desk: desk,
            ledger: ledger,
            registry: try DeviceRegistry(folder: folder, clock: systemClock), clock: systemClock)
        let routes = Routes(
            desk: desk, receiver: receiver, ledger: ledger,
            registry: try DeviceRegistry(folder: folder, clock: systemClock), evidence: .init(anchors: []),
            clock: systemClock)
        let served = routes.endpoints.map(\.summary)
        #expect(try described() == Set(served))
        #expect(Set(served).count == served.count)
    }

    @Test("It names every kind of alarm")
    func alarms() throws {
        let line = try #require(try lines().first { $0.contains("batch-rejected") })
        let list = try #require(line.split(separator: "[").last).split(separator: "]")[0]
        let kinds = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(kinds == Alarm.Kind.allCases.map(\.rawValue))
    }

    /// "method path access" of each operation, by the document's indentation.
    private func described() throws -> Set<String> {
        var endpoints: Set<String> = []
        var path = ""
        var method = ""
        for line in try lines() {
            if line.hasPrefix("  /") {
                path = String(line.dropFirst(2).dropLast())
            } else if ["    get:", "    post:", "    put:", "    delete:"].contains(line) {
                method = String(line.dropFirst(4).dropLast())
            } else if line.hasPrefix("      x-access: ") {
                endpoints.insert("\(method) \(path) \(line.dropFirst("      x-access: ".count))")
            }
        }
        return endpoints
    }

    private func lines() throws -> [String] {
        try String(contentsOf: PackageFolder.root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }
}
