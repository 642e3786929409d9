package import HubCore

/// The hub's durable memory: records, results, batches, receipts, audit chain, devices.
///
/// One SQLite connection on a thread of its own. A write returns after the fsync of the commit that it was part of.
/// Only one process, and one instance in it, can have a store open.
package final class HubStore: Sendable {
    private let mailbox: StoreMailbox
    private let directory: String
    let seal: ContentSeal
    /// Pages that the log held, when the store was opened, of a commit that did not come to its end, and that is gone: power
    /// was lost in it, or, where it had come to its end, a page of it is damaged. 0 as a rule.
    package let unfinishedPageCount: Int

    /// Opens the store in `directory`, which is made where it is missing, and checks what was written since its last
    /// checkpoint. Blocks for a few milliseconds. What an older program left unsealed is sealed while the store is in use.
    ///
    /// - Throws: `otherKey` where the store is sealed under another key.
    package static func open(
        directory: String, key: StorageKey, options: StoreOptions = StoreOptions(),
        migrations: [StoreMigration] = StoreMigration.all
    ) throws(StoreFault) -> HubStore {
        let opened = try OpenedStore(directory: directory, key: key, options: options, migrations: migrations)
        let mailbox = StoreMailbox(countMax: options.mailboxCountMax, spin: options.spin)
        try StoreEngine.start(StoreEngine(opened: opened, mailbox: mailbox, options: options))
        return HubStore(mailbox: mailbox, directory: directory, opened)
    }

    private init(mailbox: StoreMailbox, directory: String, _ opened: OpenedStore) {
        self.mailbox = mailbox
        self.directory = directory
        seal = opened.seal
        unfinishedPageCount = opened.unfinishedPageCount
    }

    /// The key that the store's content is sealed under.
    package var key: StorageKey { seal.key }

    deinit {
        mailbox.close(finished: {})
    }

    /// Runs `body` in a transaction, and returns once its changes are durable.
    ///
    /// Writes that come at the same time share one commit. A body that throws undoes its own changes and no other's. For
    /// that a body may be run twice, so it does nothing but what the transaction lets it do.
    /// A failed commit throws its fault to all that shared it, and every write after it is refused with that fault.
    @discardableResult
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> Value
    ) async throws(StoreFault) -> Value {
        try await submit { answer in
            .write { transaction in
                let result = Result { () throws(StoreFault) -> Value in try body(transaction) }
                var fault: StoreFault?
                if case .failure(let thrown) = result { fault = thrown }
                return StoreJob.Outcome(fault: fault) { commitFault in
                    answer(commitFault.map { .failure($0) } ?? result)
                }
            }
        }
    }

    /// Runs `body` over what is durable.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreReader) throws(StoreFault) -> Value
    ) async throws(StoreFault) -> Value {
        try await submit { answer in
            .read { reader in
                answer(Result { () throws(StoreFault) -> Value in try body(reader) })
            }
        }
    }

    /// Does what waits, and lets go of the files. Later requests are refused as `closed`.
    package func close() async {
        await withCheckedContinuation { continuation in
            mailbox.close { continuation.resume() }
        }
    }

    /// Notes durably that damage was found which the store cannot work around: the next start sets the store aside.
    package func condemn(for damage: StoreDamage) throws(StoreFault) {
        try StoreFile.writeDurably("\(damage)", to: StoreFile.condemnation(in: directory))
    }

    private func submit<Value: Sendable>(
        _ work: (@escaping @Sendable (Result<Value, StoreFault>) -> Void) -> StoreJob.Work
    ) async throws(StoreFault) -> Value {
        let result: Result<Value, StoreFault> = await withCheckedContinuation { continuation in
            let answer: @Sendable (Result<Value, StoreFault>) -> Void = { continuation.resume(returning: $0) }
            do throws(StoreFault) {
                try mailbox.submit(StoreJob(work: work(answer), refuse: { answer(.failure($0)) }))
            } catch {
                answer(.failure(error))
            }
        }
        return try result.get()
    }
}
