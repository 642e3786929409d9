import Glibc

/// What a folder names.
package enum FolderNames {
    /// Names that are taken; a folder with more is refused (EOVERFLOW).
    package static let countMax = 65_536

    /// Without "." and "..", ordered by their bytes.
    ///
    /// - Throws: `listFolder`, with ENOENT where there is no such folder.
    package static func of(_ folder: String) throws(FileFault) -> [String] {
        guard let stream = opendir(folder) else {
            throw FileFault(path: folder, operation: .listFolder, code: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            guard names.count < countMax else {
                throw FileFault(path: folder, operation: .listFolder, code: EOVERFLOW)
            }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The same for a folder that need not be there.
    package static func ifThere(_ folder: String) throws(FileFault) -> [String] {
        do throws(FileFault) {
            return try of(folder)
        } catch {
            guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
            return []
        }
    }
}
