package import CORProtocol
package import HubCore

extension HubStore {
    /// Opens the store whatever it looks like: a damaged one is set aside in a folder of `quarantine`, never deleted, and
    /// what can be read of it goes into a new store.
    ///
    /// - Parameters:
    ///   - quarantine: On the same file system as `directory`.
    ///   - now: For what is noted about the loss.
    ///   - progress: Is told every second or so how far the salvage is; it takes as long as copying the store, and
    ///     `salvageProbeTimeMax` for what cannot be read.
    /// - Returns: The store, and what was done to it; nil where it was sound.
    /// - Throws: What no new store would cure: another process holds it, a full or failing disk, a newer format, another key.
    package static func openRecovering(
        directory: String, key: StorageKey, quarantine: String, now: TimeBlock, options: StoreOptions = StoreOptions(),
        progress: @escaping (SalvageProgress) -> Void = { _ in }
    ) throws(StoreFault) -> (store: HubStore, recovery: StoreRecovery?) {
        do {
            return (try open(directory: directory, key: key, options: options), nil)
        } catch .damaged(let damage) {
            let recovery = try recover(
                directory, key: key, from: damage, into: quarantine, now: now, options: options, progress: progress)
            return (try open(directory: directory, key: key, options: options), recovery)
        } catch {
            throw error
        }
    }

    private static func recover(
        _ directory: String, key: StorageKey, from damage: StoreDamage, into quarantine: String, now: TimeBlock,
        options: StoreOptions, progress: @escaping (SalvageProgress) -> Void
    ) throws(StoreFault) -> StoreRecovery {
        let lock = try StoreLock(path: directory + "/lock")
        defer { lock.release() }
        let folder: DamagedStoreFolder
        if let interrupted = try DamagedStoreFolder.interrupted(in: directory) {
            folder = interrupted
        } else {
            folder = try .making(in: quarantine, for: directory)
        }
        let newDirectory = try folder.setAside()
        let opened = try OpenedStore(
            directory: newDirectory, key: key, options: options, migrations: StoreMigration.all)
        var salvage = StoreSalvage(
            source: try DamagedDatabase(
                path: folder.path + "/store.sqlite", key: key, effort: SalvageEffort(options, tell: progress)),
            into: opened,
            report: StoreRecovery(damage: damage, folder: folder.path))
        try salvage.run(commitSequence: commitSequence(in: folder.path), now: now)
        try folder.install()
        return salvage.report
    }

    /// 0 where the file says nothing.
    private static func commitSequence(in folder: String) -> UInt64 {
        do throws(StoreFault) {
            return try CommitSequenceFile.opening(path: folder + "/commit-sequence")?.sequence ?? 0
        } catch {
            return 0
        }
    }
}
