import DurableFiles
import Glibc
import Testing

// Power cuts and failing calls at each step are scripts/crash's matter: Tests/Crash/FileWriter.
@Suite("Files that outlive a loss of power", .serialized)
struct DurableFileTests {
    private let lengthMax = 10_000

    /// A new folder that is taken away again, with what is in it.
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/durable-XXXXXX\0".utf8CString.dropLast())
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer {
            for name in names(in: folder) { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        try body(folder)
    }

    private func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    @Test("What was written is read, whole, from nothing up to the limit; one byte more is refused")
    func lengths() throws {
        try withFolder { folder in
            let file = DurableFile("\(folder)/file")
            for length in [0, 1, 4_095, 4_096, 4_097, lengthMax] {
                let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
                try file.replace(with: bytes, access: .owner)
                #expect(try file.contents(lengthMax: lengthMax).bytes == bytes)
            }
            try file.replace(with: [UInt8](repeating: 1, count: lengthMax + 1), access: .owner)
            #expect(throws: FileFault(path: file.path, operation: .read, code: EFBIG)) {
                try file.contents(lengthMax: lengthMax)
            }
            #expect(names(in: folder) == ["file"])
        }
    }

    @Test("Only the owner reads a secret, whatever the umask; what is for everyone obeys it")
    func modes() throws {
        try withFolder { folder in
            let (secret, open) = (DurableFile("\(folder)/secret"), DurableFile("\(folder)/open"))
            let before = umask(0o177)
            try secret.replace(with: [1], access: .owner)
            try open.replace(with: [1], access: .everyone)
            umask(before)
            #expect(try secret.contents(lengthMax: 1).mode == 0o600)
            #expect(try open.contents(lengthMax: 1).mode == 0o600)
            try open.replace(with: [2], access: .everyone)
            #expect(try open.contents(lengthMax: 1).mode == 0o644 & ~UInt32(before))
            #expect(try open.contents(lengthMax: 1).owner == geteuid())
        }
    }

    @Test("A name that is taken is refused, and the file that has it stays")
    func taken() throws {
        try withFolder { folder in
            let file = DurableFile("\(folder)/file")
            try file.make(with: [1], access: .owner)
            let fault = FileFault(path: file.path, operation: .rename, code: EEXIST)
            #expect(throws: fault) { try file.make(with: [2], access: .owner) }
            #expect(fault.isTaken)
            #expect(try file.contents(lengthMax: 1).bytes == [1])
            #expect(names(in: folder) == ["file"])
        }
    }

    @Test("What an interrupted write left is no hindrance, and of nobody's mode")
    func leftover() throws {
        try withFolder { folder in
            let file = DurableFile("\(folder)/file")
            close(open("\(folder)/.file.new", O_CREAT | O_WRONLY, 0o644))
            try file.replace(with: [1], access: .owner)
            #expect(try file.contents(lengthMax: 1).mode == 0o600)
            #expect(names(in: folder) == ["file"])
        }
    }

    @Test("A file moves over another, and one that is away is taken away once more")
    func moves() throws {
        try withFolder { folder in
            let (file, other) = (DurableFile("\(folder)/file"), DurableFile("\(folder)/other"))
            try file.replace(with: [1], access: .owner)
            try other.replace(with: [2], access: .owner)
            try file.move(over: other)
            #expect(try other.contents(lengthMax: 1).bytes == [1])
            #expect(try file.contentsIfThere(lengthMax: 1) == nil)
            try file.remove()
            try other.remove()
            #expect(names(in: folder) == [])
            #expect(throws: FileFault(path: other.path, operation: .rename, code: ENOENT)) {
                try file.move(over: other)
            }
        }
    }

    @Test("A link, a folder and a pipe are refused, unless a person names them")
    func kinds() throws {
        try withFolder { folder in
            let (file, link) = (DurableFile("\(folder)/file"), DurableFile("\(folder)/link"))
            try file.replace(with: [1, 2], access: .owner)
            symlink(file.path, link.path)
            #expect(throws: FileFault(path: link.path, operation: .open, code: ELOOP)) {
                try link.contents(lengthMax: 2)
            }
            #expect(try link.contents(lengthMax: 2, isFromPerson: true).bytes == [1, 2])
            let pipe = DurableFile("\(folder)/pipe")
            mkfifo(pipe.path, 0o600)
            #expect(throws: FileFault(path: pipe.path, operation: .open, code: EINVAL)) {
                try pipe.contents(lengthMax: 2)
            }
            #expect(throws: FileFault(path: folder, operation: .open, code: EINVAL)) {
                try DurableFile(folder).contents(lengthMax: 2)
            }
            // It says that it has no length, and has no end.
            #expect(throws: FileFault(path: "/dev/zero", operation: .read, code: EFBIG)) {
                try DurableFile("/dev/zero").contents(lengthMax: lengthMax, isFromPerson: true)
            }
        }
    }

    @Test("A fault names file, step and errno, and what was there stays")
    func faults() throws {
        let missing = DurableFile("/tmp/is-not-there/file")
        #expect(throws: FileFault(path: missing.path, operation: .create, code: ENOENT)) {
            try missing.replace(with: [1], access: .owner)
        }
        #expect(try missing.contentsIfThere(lengthMax: 1) == nil)
        #expect(throws: FileFault(path: "/tmp/is-not-there", operation: .openFolder, code: ENOENT)) {
            try DurableFile.synchronise(folder: "/tmp/is-not-there")
        }
        try withFolder { folder in
            // A folder in the way of the name: rename(2) refuses, and nothing is left of the attempt.
            mkdir("\(folder)/file", 0o700)
            defer { rmdir("\(folder)/file") }
            let file = DurableFile("\(folder)/file")
            #expect(throws: FileFault(path: file.path, operation: .rename, code: EISDIR)) {
                try file.replace(with: [1], access: .owner)
            }
            #expect(names(in: folder) == ["file"])
        }
        #expect(
            "\(FileFault(path: "/a", operation: .synchroniseFolder, code: EIO))"
                == "/a: fsync folder: Input/output error")
    }

    @Test("The folder of a bare name is the present one, of a name below the root the root")
    func folders() {
        #expect(DurableFile("name").folder == ".")
        #expect(DurableFile("/name").folder == "/")
        #expect(DurableFile("a/b/name").folder == "a/b")
    }
}
