import Glibc

/// What the kernel says of a file: stat(2).
///
/// A value of this module, since beside modules that bring their own C headers the compiler no longer knows whose `stat` is meant.
package struct FileStatus: Sendable, Hashable {
    package let device: UInt64
    package let inode: UInt64
    /// The permissions, 0 to 0o7777.
    package let mode: UInt32
    package let owner: UInt32
    package let group: UInt32
    /// Bytes.
    package let length: Int
    /// When the content was changed last; Unix time.
    package let changedMilliseconds: Int64

    /// Links are followed; nil where there is nothing, or nothing that may be looked at.
    package init?(ofFile path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    package init?(ofDescriptor descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        mode = UInt32(status.st_mode) & 0o7777
        owner = status.st_uid
        group = status.st_gid
        length = Int(status.st_size)
        changedMilliseconds = Int64(status.st_mtim.tv_sec) * 1_000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
    }
}
