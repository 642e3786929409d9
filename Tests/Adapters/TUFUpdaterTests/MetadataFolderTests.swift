import DurableFiles
import Foundation
import Testing

@testable import TUFUpdater

@Suite("The store of trusted metadata")
struct MetadataFolderTests {
    private func withFolder(_ body: (MetadataFolder, URL) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "corhub-metadata-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(MetadataFolder(url.path(percentEncoded: false)), url)
    }

    @Test("A file is replaced whole, and nothing else is left")
    func replacing() throws {
        try withFolder { folder, url in
            #expect(try folder.read("root.json") == nil)
            try folder.replace("root.json", with: [1, 2, 3])
            try folder.replace("root.json", with: [4])
            try folder.synchronise()
            #expect(try folder.read("root.json") == [4])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false)) == ["root.json"])
            try folder.remove("root.json")
            try folder.remove("root.json")
            #expect(try folder.read("root.json") == nil)
        }
    }

    @Test("New files are flushed together; one that takes another's place is flushed before it does")
    func pending() async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "corhub-metadata-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        let folder = MetadataFolder(url.path(percentEncoded: false))
        try folder.replace("root.json", with: [1])
        var pending = PendingWrites()
        for index in 0...PendingWrites.countMax {
            try folder.replace("\(index).json", with: [UInt8(index)], flushing: &pending)
            #expect(pending.count == min(index + 1, PendingWrites.countMax))
        }
        try folder.replace("root.json", with: [2], flushing: &pending)
        #expect(pending.count == PendingWrites.countMax)
        try await folder.synchronise(pending)
        #expect(try folder.read("root.json") == [2])
        #expect(try folder.read("7.json") == [7])
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false))
        #expect(names.count == PendingWrites.countMax + 2 && names.allSatisfy { !$0.hasSuffix(".new") })
    }

    @Test("What an interrupted write left is in nobody's way")
    func leftover() throws {
        try withFolder { folder, url in
            try Data([9, 9, 9]).write(to: url.appending(path: ".root.json.new"))
            try folder.replace("root.json", with: [1])
            #expect(try folder.read("root.json") == [1])
        }
    }

    @Test("A write that fails leaves the old file")
    func failing() throws {
        try withFolder { folder, url in
            try folder.replace("root.json", with: [1])
            try FileManager.default.createDirectory(
                at: url.appending(path: ".root.json.new"), withIntermediateDirectories: true)
            #expect(throws: MetadataFolder.Fault.self) { try folder.replace("root.json", with: [2]) }
            #expect(try folder.read("root.json") == [1])
        }
    }
}
