import ServiceLifecycle

extension Task where Success == Never, Failure == Never {
    /// False when the sleep was cut short because the agent stops.
    static func slept(for duration: Duration) async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
            return !Task.isShuttingDownGracefully
        } catch {
            return false
        }
    }
}
