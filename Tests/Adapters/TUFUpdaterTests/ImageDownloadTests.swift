import CORProtocol
import Foundation
import HubCore
import Synchronization
import Testing

@testable import TUFUpdater

@Suite("Images are read in parts, and only what the metadata say")
struct ImageDownloadTests {
    /// A server that knows ranges or not, and may break off.
    private final class Server: RangedRepositoryPort {
        private let content: [UInt8]
        private let knowsRanges: Bool
        /// Parts that are answered before the line breaks; nil: it does not.
        private let left: Mutex<Int?>
        let asked = Mutex<[Int]>([])

        init(_ content: [UInt8], knowsRanges: Bool = true, breaksAfter: Int? = nil) {
            self.content = content
            self.knowsRanges = knowsRanges
            left = Mutex(breaksAfter)
        }

        func file(_ path: String, lengthMax: Int) async throws(RepositoryFault) -> [UInt8] { throw .status(404) }

        func part(
            _ path: String, from offset: Int, lengthMax: Int, of length: Int
        ) async throws(RepositoryFault) -> RepositoryPart {
            asked.withLock { $0.append(offset) }
            let isBroken = left.withLock { left in
                guard let count = left else { return false }
                left = count - 1
                return count <= 0
            }
            guard !isBroken else { throw .unreachable(reason: "cut") }
            guard knowsRanges else { return .whole(content) }
            guard offset < content.count else { throw .status(416) }
            return .part(Array(content[offset..<min(content.count, offset + lengthMax)]))
        }
    }

    private static let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    private static func target(_ content: [UInt8] = content) -> FirmwareOffer.Target {
        FirmwareOffer.Target(name: "image.bin", sha256: .of(content), length: content.count)
    }

    private func withFile(_ body: (String) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "corhub-download-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(url.path(percentEncoded: false))
    }

    private func bytes(_ path: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: path))).map(Array.init)
    }

    @Test("A line that breaks costs a part: the next attempt goes on where it stopped")
    func resumed() async throws {
        try await withFile { path in
            let broken = await ImageDownload(from: Server(Self.content, breaksAfter: 2))
                .fetch(Self.target(), at: "there", to: path)
            guard case .failure(.transient) = broken else {
                Issue.record("\(broken)")
                return
            }
            #expect(bytes(path)?.count == 2 * ImageDownload.partLength)
            let server = Server(Self.content)
            guard case .success = await ImageDownload(from: server).fetch(Self.target(), at: "there", to: path) else {
                Issue.record("not complete")
                return
            }
            #expect(bytes(path) == Self.content)
            #expect(server.asked.withLock { $0 }.first == 2 * ImageDownload.partLength)
        }
    }

    @Test("A server without ranges gives the whole file")
    func whole() async throws {
        try await withFile { path in
            let server = Server(Self.content, knowsRanges: false)
            guard case .success = await ImageDownload(from: server).fetch(Self.target(), at: "there", to: path) else {
                Issue.record("not complete")
                return
            }
            #expect(bytes(path) == Self.content && server.asked.withLock { $0 } == [0])
        }
    }

    @Test("What lay there of another file is begun anew")
    func leftover() async throws {
        try await withFile { path in
            try Data([UInt8](repeating: 9, count: 70_000)).write(to: URL(filePath: path))
            guard
                case .success = await ImageDownload(from: Server(Self.content))
                    .fetch(Self.target(), at: "there", to: path)
            else {
                Issue.record("not complete")
                return
            }
            #expect(bytes(path) == Self.content)
        }
    }

    @Test("Another content is refused, nothing of it stays, and the right one is taken the next time")
    func wrongHash() async throws {
        try await withFile { path in
            let other = Self.content.map { $0 ^ 1 }
            let result = await ImageDownload(from: Server(other)).fetch(Self.target(), at: "there", to: path)
            guard case .failure(.refused(reason: "hash-wrong")) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(bytes(path) == [])
            let right = ImageDownload(from: Server(Self.content))
            guard case .success = await right.fetch(Self.target(), at: "there", to: path) else {
                Issue.record("not complete")
                return
            }
        }
    }

    @Test("What a server answers may be right the next time (a release denied by one lie)")
    func faults() {
        for status in [403, 404, 410, 416] {
            #expect(FirmwareFetchFault(.status(status)) == .refused(reason: "download-status"))
        }
        #expect(FirmwareFetchFault(.tooLong(lengthMax: 5)) == .refused(reason: "endless-data"))
        #expect(FirmwareFetchFault(.tooSlow) == .transient(reason: "slow-retrieval"))
        #expect(FirmwareFetchFault(.unreachable(reason: "cut")) == .transient(reason: "cut"))
        #expect(FirmwareFetchFault(.status(503)) == .transient(reason: "the server answers 503"))
    }

    @Test("An image has 1 byte to 16 MiB")
    func lengths() async throws {
        try await withFile { path in
            for length in [0, FirmwareOffer.Target.lengthMax + 1] {
                var target = Self.target()
                target.length = length
                guard case .failure(.permanent) = await ImageDownload(from: Server([])).fetch(target, at: "", to: path)
                else {
                    Issue.record("\(length)")
                    return
                }
            }
        }
    }

    @Test("A folder that cannot be written is a passing failure")
    func storage() async {
        let result = await ImageDownload(from: Server(Self.content))
            .fetch(Self.target(), at: "there", to: "/nowhere/image")
        guard case .failure(.transient) = result else {
            Issue.record("\(result)")
            return
        }
    }
}
