import CORProtocol
import Foundation
import Testing

/// Tests/Fixtures/store/format-1.tar.gz: the files of a store as the last program of the first format left them when it
/// was killed, with everything in flight: records 1 to 6 (0x50 throughout, 600 bytes, the third 9,000), their results and
/// audit entries; batch 1 accepted, 2 rejected, 3 without a receipt; refused bytes.
enum FirstFormat {
    static func write(to directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let archive = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../Fixtures/store/format-1.tar.gz")
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/tar")
        tar.arguments = ["-xzf", archive.path, "-C", directory]
        try tar.run()
        tar.waitUntilExit()
        try #require(tar.terminationStatus == 0)
    }

    static func record(_ sequence: UInt64) throws -> RecordItem {
        try Samples.record(sequence, length: sequence == 3 ? 9_000 : 600, variant: 0x50)
    }
}
