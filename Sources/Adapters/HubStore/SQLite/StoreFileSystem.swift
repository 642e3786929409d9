import CSQLite
import Glibc

/// The file system as one SQLite connection sees it: the system's own, but writes that touch each other reach the kernel
/// as one, and what is written is counted.
///
/// SQLite hands over each frame of its log in two writes and each page of a checkpoint in one: more than forty calls for
/// a commit of a few records, and a thousand for a checkpoint. `GatheringFile` keeps the promise of each of them.
final class StoreFileSystem {
    /// What went to the kernel through this connection.
    struct Meter {
        var writtenLength: UInt64 = 0
        var syncCount: UInt64 = 0
    }

    /// What SQLite gets to hold; it knows of the first member only.
    struct Registration {
        var base: sqlite3_vfs
        let system: UnsafeMutablePointer<sqlite3_vfs>
        var meter = Meter()
    }

    private let registration: UnsafeMutablePointer<Registration>
    private let name: UnsafeMutablePointer<CChar>

    /// nil where SQLite has no file system, or there is no memory.
    init?() {
        guard sqlite3_initialize() == SQLITE_OK, let system = sqlite3_vfs_find(nil) else { return nil }
        registration = .allocate(capacity: 1)
        // A name of its own, so that several stores in one process do not meet.
        guard let name = strdup("corhub-\(UInt(bitPattern: registration))") else {
            registration.deallocate()
            return nil
        }
        self.name = name
        var base = system.pointee
        base.zName = UnsafePointer(name)
        base.szOsFile = Int32(GatheringFile.systemFileOffset) + system.pointee.szOsFile
        base.pNext = nil
        base.xOpen = { vfs, path, file, flags, outFlags in
            StoreFileSystem.open(vfs, path, file, flags, outFlags)
        }
        registration.initialize(to: Registration(base: base, system: system))
        guard sqlite3_vfs_register(Self.base(of: registration), 0) == SQLITE_OK else { return nil }
    }

    /// No connection may use it any more.
    deinit {
        sqlite3_vfs_unregister(Self.base(of: registration))
        registration.deinitialize(count: 1)
        registration.deallocate()
        free(name)
    }

    /// As `sqlite3_open_v2` takes it; valid as long as this object is.
    var cName: UnsafePointer<CChar> { UnsafePointer(name) }

    var meter: Meter { registration.pointee.meter }

    private static func open(
        _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ path: UnsafePointer<CChar>?,
        _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let vfs, let file else { return SQLITE_MISUSE }
        let registration = UnsafeMutableRawPointer(vfs).assumingMemoryBound(to: Registration.self)
        let system = registration.pointee.system
        // Temporary files and the journal that a new database is made with are left alone.
        guard flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL) != 0 else {
            return system.pointee.xOpen(system, path, file, flags, outFlags)
        }
        return GatheringFile.open(file, meter: meterPointer(of: registration)) { systemFile in
            system.pointee.xOpen(system, path, systemFile, flags, outFlags)
        }
    }

    /// The first member of a structure begins where the structure does.
    private static func base(of registration: UnsafeMutablePointer<Registration>) -> UnsafeMutablePointer<sqlite3_vfs> {
        UnsafeMutableRawPointer(registration).assumingMemoryBound(to: sqlite3_vfs.self)
    }

    private static func meterPointer(of registration: UnsafeMutablePointer<Registration>) -> UnsafeMutablePointer<Meter>
    {
        guard let offset = MemoryLayout<Registration>.offset(of: \.meter) else {
            preconditionFailure("a stored property")
        }
        return (UnsafeMutableRawPointer(registration) + offset).assumingMemoryBound(to: Meter.self)
    }
}
