package import Foundation

/// Where the tests find the package's own files.
package enum PackageFolder {
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A file below `firmware-specs/vectors`.
    package static func vector(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appending(path: "firmware-specs/vectors/" + path)))
    }
}
