import Glibc

// Apart from the other users' rules: beside NIOCore the compiler takes `stat` for a type of a module that nobody imports.
extension LocalUsers {
    /// The group that a file belongs to; nil where the file cannot be looked at.
    static func group(ofFile path: String) -> gid_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_gid : nil
    }
}
