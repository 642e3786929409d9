import HubCore
import KeyStore
import Synchronization

/// The hub's identity as it is now: a renewal replaces it while everything goes on.
final class IdentityInUse: Sendable {
    private let held: Mutex<HubIdentity>

    init(_ identity: HubIdentity) {
        held = Mutex(identity)
    }

    var current: HubIdentity { held.withLock { $0 } }

    func replace(with identity: HubIdentity) {
        held.withLock { $0 = identity }
    }
}

/// Sends batches by the identity that is in use. A connection that was made by an earlier one is given up with it.
final class RenewableUpstream: UpstreamPort {
    private struct Held: Sendable {
        var port: any UpstreamPort
        var close: @Sendable () -> Void
    }

    private let held: Mutex<Held>

    init(_ port: any UpstreamPort, close: @escaping @Sendable () -> Void) {
        held = Mutex(Held(port: port, close: close))
    }

    func submit(batch: [UInt8]) async -> SubmissionOutcome {
        await held.withLock { $0.port }.submit(batch: batch)
    }

    func replace(with port: any UpstreamPort, close: @escaping @Sendable () -> Void) {
        let before = held.withLock { held in
            defer { held = Held(port: port, close: close) }
            return held
        }
        before.close()
    }
}
