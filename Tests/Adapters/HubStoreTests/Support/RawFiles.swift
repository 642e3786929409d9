import Foundation

/// The files of a store as they are at a moment, as a loss of power would leave them.
struct RawFiles {
    let contents: [String: Data]

    init(directory: String) throws {
        var contents: [String: Data] = [:]
        for name in ["store.sqlite", "store.sqlite-wal", "commit-sequence"] {
            contents[name] = FileManager.default.contents(atPath: directory + "/" + name)
        }
        self.contents = contents
    }

    func write(to directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (name, data) in contents { try data.write(to: URL(fileURLWithPath: directory + "/" + name)) }
    }
}
