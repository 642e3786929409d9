import ServiceLifecycle

/// A service of which only the type's name is ever printed.
///
/// The service group describes each service for its log, whether that is written or not. By default that is everything
/// that the service holds: keys, records, the weights of the model.
struct NamedService: Service, CustomStringConvertible {
    let service: any Service

    var description: String { "\(type(of: service))" }

    func run() async throws {
        try await service.run()
    }
}
