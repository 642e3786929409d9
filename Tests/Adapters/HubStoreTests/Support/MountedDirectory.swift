import Glibc

/// A small file system of its own; only root can have one.
struct MountedDirectory {
    let path: String

    /// nil, with the reason printed, where mounting is not allowed.
    init?(at path: String, options: String) {
        let (flags, rest) = Self.split(options)
        guard mount("tmpfs", path, "tmpfs", flags, rest) == 0 else {
            print("skipped: cannot mount a tmpfs (\(String(cString: strerror(errno))))")
            return nil
        }
        self.path = path
    }

    func remount(options: String) -> Bool {
        let (flags, rest) = Self.split(options)
        return mount("tmpfs", path, "tmpfs", flags | UInt(MS_REMOUNT), rest) == 0
    }

    func unmount() {
        umount2(path, Int32(MNT_DETACH))
    }

    private static func split(_ options: String) -> (UInt, String) {
        let parts = options.split(separator: ",")
        return (
            parts.contains("ro") ? UInt(MS_RDONLY) : 0,
            parts.filter { $0 != "ro" }.joined(separator: ",")
        )
    }
}
