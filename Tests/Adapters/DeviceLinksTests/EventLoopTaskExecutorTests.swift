import DeviceLinks
import NIOCore
import NIOPosix
import Testing

@Suite("Event loop task executor")
struct EventLoopTaskExecutorTests {
    @Test("A task runs on the event loop, and still does after it has waited for another thread")
    func staysOnLoop() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        await withTaskExecutorPreference(EventLoopTaskExecutor(eventLoop)) {
            #expect(eventLoop.inEventLoop)
            await withCheckedContinuation { continuation in
                MultiThreadedEventLoopGroup.singleton.any().execute { continuation.resume() }
            }
            #expect(eventLoop.inEventLoop)
        }
    }
}
