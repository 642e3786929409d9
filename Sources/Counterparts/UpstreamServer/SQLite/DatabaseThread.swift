import NIOCore
import NIOPosix

/// The thread that blocks on one database, so that no thread of Swift's pool has to.
///
/// It is an event loop that serves no channel: actors run on it by its executor.
struct DatabaseThread: Sendable {
    private let group: MultiThreadedEventLoopGroup
    let executor: UnownedSerialExecutor

    init() {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        executor = group.next().executor.asUnownedSerialExecutor()
    }
}
