package import NIOCore

/// Runs tasks on an event loop, so that a request and its answer need no change of thread.
///
/// For `withTaskExecutorPreference`: what runs there must not block, as nothing on an event loop may.
package final class EventLoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        eventLoop.execute {
            job.runSynchronously(on: executor)
        }
    }
}
