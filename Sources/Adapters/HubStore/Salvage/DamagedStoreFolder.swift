import Glibc
import HubCore

/// Sets the files of a damaged store aside, and puts a new one in their place, so that a loss of power at any moment
/// leaves either the work to be done again or all of it done.
///
/// `recovering` holds the name of the folder from the first step until after the last. As long as it is there, what lies
/// in the folder is the damaged store, and what lies in the store's place is either a file that was not moved yet or one
/// of a new store that is not whole.
struct DamagedStoreFolder {
    private static let names = ["store.sqlite", "store.sqlite-wal", "commit-sequence", "damaged"]
    private static let folderCountMax = 10_000

    let path: String
    private let store: String
    private var newStore: String { store + "/store.new" }

    /// The folder of a recovery that was interrupted.
    static func interrupted(in store: String) throws(StoreFault) -> DamagedStoreFolder? {
        guard let path = try StoreFile.text(at: StoreFile.recovery(in: store)) else { return nil }
        return DamagedStoreFolder(path: path, store: store)
    }

    /// Makes a folder, and notes durably that the recovery has begun.
    static func making(in quarantine: String, for store: String) throws(StoreFault) -> DamagedStoreFolder {
        try StoreFile.makeDirectory(quarantine)
        for number in 1...folderCountMax {
            let path = "\(quarantine)/store-\(number)"
            if mkdir(path, 0o700) == 0 {
                try StoreFile.synchroniseDirectory(quarantine)
                try StoreFile.writeDurably(path, to: StoreFile.recovery(in: store))
                return DamagedStoreFolder(path: path, store: store)
            }
            guard errno == EEXIST else { throw StoreFault(errno: errno, path: path) }
        }
        throw .cannotOpen(path: quarantine, errno: EEXIST)
    }

    /// Moves the damaged files into the folder, and makes an empty folder for the new store.
    ///
    /// - Returns: Where the new store is to be made.
    func setAside() throws(StoreFault) -> String {
        for name in Self.names {
            let (from, to) = ("\(store)/\(name)", "\(path)/\(name)")
            guard try StoreFile.exists(from) else { continue }
            if try StoreFile.exists(to) {
                // Of a new store that was not whole.
                guard unlink(from) == 0 else { throw StoreFault(errno: errno, path: from) }
            } else {
                guard rename(from, to) == 0 else { throw StoreFault(errno: errno, path: from) }
            }
        }
        try StoreFile.synchroniseDirectory(path)
        try StoreFile.synchroniseDirectory(store)
        for name in Self.names + ["lock"] where try StoreFile.exists("\(newStore)/\(name)") {
            guard unlink("\(newStore)/\(name)") == 0 else { throw StoreFault(errno: errno, path: newStore) }
        }
        try StoreFile.makeDirectory(newStore)
        return newStore
    }

    /// Puts the new store, which is closed and durable, in its place.
    func install() throws(StoreFault) {
        for name in Self.names where try StoreFile.exists("\(newStore)/\(name)") {
            guard rename("\(newStore)/\(name)", "\(store)/\(name)") == 0 else {
                throw StoreFault(errno: errno, path: newStore)
            }
        }
        try StoreFile.synchroniseDirectory(store)
        let marker = StoreFile.recovery(in: store)
        guard unlink(marker) == 0 else { throw StoreFault(errno: errno, path: marker) }
        try StoreFile.synchroniseDirectory(store)
        // Left over, and no harm where it stays.
        unlink(newStore + "/lock")
        rmdir(newStore)
    }
}
