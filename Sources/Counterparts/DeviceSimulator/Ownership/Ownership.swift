package import CORProtocol

/// Whose the device is: one hub's or nobody's, and only a press of its button makes it somebody's.
///
/// firmware-specs/states/ownership.yaml.
package struct Ownership: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case free
        /// A hub asked; the button decides until then.
        case awaitingButton(HubID, until: Duration)
        case owned(HubID)
    }

    package enum Refusal: Error, Sendable, Hashable {
        case notOwner
        case ownedByAnother
        /// Another hub is waiting for the button.
        case busy
    }

    package private(set) var state: State
    /// How long a claim waits for the button.
    package let buttonTimeout: Duration

    package init(owner: HubID? = nil, buttonTimeout: Duration = .seconds(60)) {
        state = owner.map(State.owned) ?? .free
        self.buttonTimeout = buttonTimeout
    }

    package var owner: HubID? {
        if case .owned(let hub) = state { hub } else { nil }
    }

    /// When waiting for the button ends by itself.
    package var deadline: Duration? {
        if case .awaitingButton(_, let until) = state { until } else { nil }
    }

    /// A claim by the owner changes nothing; one by the hub that waits already waits anew.
    package mutating func claimRequested(by hub: HubID, at now: Duration) throws(Refusal) {
        switch state {
        case .free:
            state = .awaitingButton(hub, until: now + buttonTimeout)
        case .awaitingButton(let waiting, _):
            guard waiting == hub else { throw .busy }
            state = .awaitingButton(hub, until: now + buttonTimeout)
        case .owned(let owner):
            guard owner == hub else { throw .ownedByAnother }
        }
    }

    /// The owner lets go, or the hub that waits gives up. Who is free stays free.
    package mutating func releaseRequested(by hub: HubID) throws(Refusal) {
        switch state {
        case .free:
            break
        case .awaitingButton(let holder, _), .owned(let holder):
            guard holder == hub else { throw .notOwner }
            state = .free
        }
    }

    /// The person at the device says yes. Returns the new owner, if there is one.
    package mutating func buttonPressed() -> HubID? {
        guard case .awaitingButton(let hub, _) = state else { return nil }
        state = .owned(hub)
        return hub
    }

    /// Returns whether waiting for the button ended.
    package mutating func timePassed(to now: Duration) -> Bool {
        guard let deadline, now >= deadline else { return false }
        state = .free
        return true
    }

    /// The person at the device takes it from its owner. Returns whether anything changed.
    package mutating func buttonHeld() -> Bool {
        guard state != .free else { return false }
        state = .free
        return true
    }
}
