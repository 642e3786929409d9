import CORProtocol
import Crypto
import DeviceSimulator

/// A virtual COR One, and what a checker from outside knows of it.
struct SimulatedDevice {
    let identity: DeviceIdentity
    var model: DeviceModel
    /// Every record that it ever made, by its sequence.
    var made: [UInt64: SHA256Hash] = [:]
    /// Lost to newer ones, since the hub did not fetch them in time.
    var overwritten: Set<UInt64> = []
    var tickAt: Duration?

    init(identity: DeviceIdentity, seed: UInt64, runCount: Int, interval: Duration) {
        self.identity = identity
        var setup = DeviceSetup(identity: identity, link: .udp, seed: seed)
        setup.speed = 1
        // Every other one is older than proofs of what an acknowledgement is about.
        if !seed.isMultiple(of: 2) {
            setup.capabilities.removeAll { $0 == RecordAcknowledgeRequest.proofCapability }
        }
        setup.plan = RunPlan(count: runCount, interval: interval, minutes: 1)
        model = DeviceModel(setup: setup)
    }

    /// Keys and certificates are the same in each history, so that its bytes have the same lengths: a seed repeats.
    static let identities: [DeviceIdentity] = {
        do {
            let authority = try DeviceAuthority()
            return try (1...2).map { number in
                guard let serial = DeviceSerial("COR1-SIM-000\(number)") else { preconditionFailure("a serial number") }
                let key = try P256.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: UInt8(number), count: 32))
                return try DeviceIdentity(
                    serial: serial, key: key, authority: authority,
                    certificate: [0x30, 0x82, 0x01, 0x00] + [UInt8](repeating: UInt8(number), count: 256))
            }
        } catch {
            preconditionFailure("virtual devices cannot be made: \(error)")
        }
    }()
}
