import CHubShim
import Glibc

/// A thread of our own, for calls that block as a task must not.
package enum DetachedThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Begins a thread that ends with `run`.
    ///
    /// - Parameters:
    ///   - name: for people who look at it; at most 15 bytes count.
    ///   - stackLength: bytes.
    /// - Returns: 0, or the error number of pthread_create(3).
    package static func start(_ name: String, stackLength: Int, _ run: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackLength)
        let body = Unmanaged.passRetained(Body(name, run))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { @Sendable argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                corhub_name_thread(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        if code != 0 { body.release() }
        return code
    }
}
