import CHubShim
import HubStore

/// The version and the build of this program; each batch, `corhub version` and `corhub status` say them.
package enum CorhubVersion {
    package static let text = "0.1.0"

    /// The newest format of the store that this program reads; a store that a newer program has changed is refused. In the
    /// database it is the `user_version` of SQLite, where the package looks before it installs an older program.
    package static let storeFormat = StoreMigration.all.count

    /// The GNU build id that the linker computed over the program, as `readelf -n` shows it; empty where it was linked
    /// without one. It survives stripping, so it also names the debug symbols.
    package static let buildHash: [UInt8] = {
        // firmware-specs/cddl/batch.cddl: software, key 2
        [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            count = buffer.baseAddress.map { corhub_build_id($0, buffer.count) } ?? 0
        }
    }()

    /// In hexadecimal.
    package static var buildText: String { buildHash.hexadecimal }
}
