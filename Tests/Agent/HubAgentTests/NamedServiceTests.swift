import ServiceLifecycle
import Testing

@testable import HubAgent

@Suite("A named service")
struct NamedServiceTests {
    private struct Keeper: Service {
        let secret = "canary"

        func run() async throws {}
    }

    @Test("Threat 18: what a service holds is in no description of it")
    func holdsItsTongue() {
        let service = NamedService(service: Keeper())
        #expect("\(service)" == "Keeper")
        #expect(String(reflecting: service) == "Keeper")
        #expect("\([ServiceGroupConfiguration.ServiceConfiguration(service: service)])".contains("canary") == false)
    }
}
