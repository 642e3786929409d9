import CSQLite
import Glibc

/// A file of SQLite that holds a write back until it knows whether the next one continues it.
///
/// What is held back is written before the file is used in any other way: synced, read there, cut, measured or closed.
/// So nobody can tell the difference but by a loss of the process, and what was not synced before that was never promised.
/// After a failed write nothing is written any more: `GatheringFile` answers for the lost bytes with the same failure.
struct GatheringFile {
    /// What SQLite knows of it; has to be the first member.
    private var base: sqlite3_file
    private let meter: UnsafeMutablePointer<StoreFileSystem.Meter>
    private let held: UnsafeMutableRawPointer
    private var heldOffset: sqlite3_int64 = 0
    private var heldLength = 0
    private var failure = SQLITE_OK

    /// Sixteen pages: beyond that, fewer calls save little.
    private static let heldLengthMax = 64 * 1024

    /// The system's own file lies behind this structure, in memory that SQLite provides.
    static let systemFileOffset = (MemoryLayout<GatheringFile>.size + 15) & ~15

    static func open(
        _ file: UnsafeMutablePointer<sqlite3_file>, meter: UnsafeMutablePointer<StoreFileSystem.Meter>,
        systemOpen: (UnsafeMutablePointer<sqlite3_file>) -> Int32
    ) -> Int32 {
        // Without methods SQLite takes the file for one that was never opened.
        file.pointee.pMethods = nil
        let system = systemFile(of: file)
        system.pointee.pMethods = nil
        let code = systemOpen(system)
        guard code == SQLITE_OK, let held = malloc(heldLengthMax) else {
            if let methods = system.pointee.pMethods { _ = methods.pointee.xClose(system) }
            return code == SQLITE_OK ? SQLITE_NOMEM : code
        }
        UnsafeMutableRawPointer(file).bindMemory(to: GatheringFile.self, capacity: 1)
            .initialize(to: GatheringFile(base: sqlite3_file(pMethods: methods), meter: meter, held: held))
        return SQLITE_OK
    }

    // MARK: - What SQLite asks for

    private mutating func write(
        _ bytes: UnsafeRawPointer, _ length: Int, at offset: sqlite3_int64, _ system: SystemFile
    ) -> Int32 {
        if heldLength > 0, offset != heldOffset + sqlite3_int64(heldLength) || heldLength + length > Self.heldLengthMax
        {
            let code = release(to: system)
            guard code == SQLITE_OK else { return code }
        }
        guard failure == SQLITE_OK else { return failure }
        guard length <= Self.heldLengthMax else { return put(bytes, length, at: offset, system) }
        if heldLength == 0 { heldOffset = offset }
        memcpy(held + heldLength, bytes, length)
        heldLength += length
        return SQLITE_OK
    }

    /// Writes what is held back.
    private mutating func release(to system: SystemFile) -> Int32 {
        guard failure == SQLITE_OK, heldLength > 0 else { return failure }
        let length = heldLength
        heldLength = 0
        return put(held, length, at: heldOffset, system)
    }

    private mutating func put(
        _ bytes: UnsafeRawPointer, _ length: Int, at offset: sqlite3_int64, _ system: SystemFile
    ) -> Int32 {
        meter.pointee.writtenLength += UInt64(length)
        failure = system.methods.xWrite(system.file, bytes, Int32(length), offset)
        return failure
    }

    private mutating func read(
        into bytes: UnsafeMutableRawPointer?, _ length: Int32, at offset: sqlite3_int64, _ system: SystemFile
    ) -> Int32 {
        let isHeld =
            heldLength > 0 && offset < heldOffset + sqlite3_int64(heldLength)
            && offset + sqlite3_int64(length) > heldOffset
        if isHeld {
            let code = release(to: system)
            guard code == SQLITE_OK else { return code }
        }
        return system.methods.xRead(system.file, bytes, length, offset)
    }

    private mutating func sync(_ flags: Int32, _ system: SystemFile) -> Int32 {
        let code = release(to: system)
        guard code == SQLITE_OK else { return code }
        meter.pointee.syncCount += 1
        failure = system.methods.xSync(system.file, flags)
        return failure
    }

    private mutating func close(_ system: SystemFile) -> Int32 {
        let code = release(to: system)
        free(held)
        let closed = system.methods.xClose(system.file)
        return code == SQLITE_OK ? closed : code
    }
}

// MARK: - The way from SQLite's pointers

extension GatheringFile {
    private struct SystemFile {
        let file: UnsafeMutablePointer<sqlite3_file>
        let methods: sqlite3_io_methods
    }

    private typealias File = UnsafeMutablePointer<sqlite3_file>

    private static func systemFile(of file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + systemFileOffset).assumingMemoryBound(to: sqlite3_file.self)
    }

    /// Calls `body` with the file and what lies behind it.
    private static func with(_ file: File?, _ body: (inout GatheringFile, SystemFile) -> Int32) -> Int32 {
        guard let file else { return SQLITE_MISUSE }
        let system = systemFile(of: file)
        guard let methods = system.pointee.pMethods else { return SQLITE_MISUSE }
        let this = UnsafeMutableRawPointer(file).assumingMemoryBound(to: GatheringFile.self)
        return body(&this.pointee, SystemFile(file: system, methods: methods.pointee))
    }

    /// The same, after what is held back was written.
    private static func withReleased(_ file: File?, _ body: (SystemFile) -> Int32) -> Int32 {
        with(file) { this, system in
            let code = this.release(to: system)
            return code == SQLITE_OK ? body(system) : code
        }
    }

    /// Version 1: no shared memory, which a connection in EXCLUSIVE mode does not use, and no mapping.
    ///
    /// Safe because it is written once, before SQLite sees it.
    nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
        var methods = sqlite3_io_methods()
        methods.iVersion = 1
        methods.xClose = { file in with(file) { $0.close($1) } }
        methods.xRead = { file, bytes, length, offset in with(file) { $0.read(into: bytes, length, at: offset, $1) } }
        methods.xWrite = { file, bytes, length, offset in
            guard let bytes, length >= 0 else { return SQLITE_MISUSE }
            return with(file) { $0.write(bytes, Int(length), at: offset, $1) }
        }
        methods.xTruncate = { file, length in withReleased(file) { $0.methods.xTruncate($0.file, length) } }
        methods.xSync = { file, flags in with(file) { $0.sync(flags, $1) } }
        methods.xFileSize = { file, length in withReleased(file) { $0.methods.xFileSize($0.file, length) } }
        methods.xLock = { file, level in with(file) { $1.methods.xLock($1.file, level) } }
        methods.xUnlock = { file, level in with(file) { $1.methods.xUnlock($1.file, level) } }
        methods.xCheckReservedLock = { file, result in with(file) { $1.methods.xCheckReservedLock($1.file, result) } }
        methods.xFileControl = { file, operation, argument in
            with(file) { $1.methods.xFileControl($1.file, operation, argument) }
        }
        methods.xSectorSize = { file in with(file) { $1.methods.xSectorSize($1.file) } }
        methods.xDeviceCharacteristics = { file in with(file) { $1.methods.xDeviceCharacteristics($1.file) } }
        let place = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        place.initialize(to: methods)
        return UnsafePointer(place)
    }()
}
