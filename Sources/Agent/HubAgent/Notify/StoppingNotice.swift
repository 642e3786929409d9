import ServiceLifecycle

/// Tells the service manager at the moment the shutdown begins, so that it does not take a slow one for a hang.
struct StoppingNotice: Service {
    let notifier: ServiceManagerNotifier

    func run() async throws {
        try await gracefulShutdown()
        notifier.notify(.stopping)
    }
}
