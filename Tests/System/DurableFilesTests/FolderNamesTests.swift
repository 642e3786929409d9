import Foundation
import Glibc
import Testing

@testable import DurableFiles

@Suite("What a folder names")
struct FolderNamesTests {
    @Test("Every name, hidden ones too, by the order of their bytes")
    func names() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "corhub-names-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        for name in ["b", "a", "ä", "B", ".hidden", "10", "9"] { try Data().write(to: url.appending(path: name)) }
        #expect(try FolderNames.of(url.path(percentEncoded: false)) == [".hidden", "10", "9", "B", "a", "b", "ä"])
    }

    @Test("A folder that is not there is a fault, or empty where it need not be there")
    func missing() throws {
        let fault = #expect(throws: FileFault.self) { try FolderNames.of("/nowhere") }
        #expect(fault?.code == ENOENT && fault?.operation == .listFolder)
        #expect(try FolderNames.ifThere("/nowhere").isEmpty)
        // A file in its place is no folder either.
        #expect(try FolderNames.ifThere("/etc/hostname").isEmpty)
    }
}
