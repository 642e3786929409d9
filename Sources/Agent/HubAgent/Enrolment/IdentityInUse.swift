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
