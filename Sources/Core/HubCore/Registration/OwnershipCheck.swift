package import CORProtocol

/// What follows from what a device says of its owner and what this hub had noted: the device decides whose it is, and
/// the note catches up, whatever was cut off in between.
package struct OwnershipCheck: Sendable, Hashable {
    /// Whose the device says that it is.
    package enum Owner: Sendable, Hashable, CaseIterable {
        case nobody
        case thisHub
        case anotherHub
    }

    package enum Step: Sendable, Hashable {
        /// Note this state before anything else is done.
        case note(DeviceRegistration.State)
        /// A person had let it go, and the device was not told yet.
        case releaseOnDevice
    }

    /// Nil where note and device agree.
    package let step: Step?
    /// For the audit trail, where something happened that nobody ordered here.
    package let remark: String?

    package init(_ owner: Owner, noted state: DeviceRegistration.State?) {
        switch (owner, state) {
        case (.thisHub, nil), (.thisHub, .left), (.thisHub, .released):
            // The button was pressed, and the hub ended before it had noted that.
            (step, remark) = (.note(.claimed), "found as this hub's")
        case (.thisHub, .leaving):
            (step, remark) = (.releaseOnDevice, nil)
        case (.thisHub, .claimed), (.thisHub, .registered), (.thisHub, .contested):
            (step, remark) = (nil, nil)
        case (.nobody, .leaving), (.anotherHub, .leaving):
            // It was told, and the hub ended before it had noted that.
            (step, remark) = (.note(.left), nil)
        case (.nobody, .claimed), (.nobody, .registered), (.nobody, .contested):
            (step, remark) = (.note(.left), "taken from this hub at the device")
        case (.anotherHub, .claimed), (.anotherHub, .registered), (.anotherHub, .contested):
            (step, remark) = (.note(.left), "taken by another hub")
        case (.nobody, nil), (.nobody, .left), (.nobody, .released), (.anotherHub, nil), (.anotherHub, .left),
            (.anotherHub, .released):
            (step, remark) = (nil, nil)
        }
    }
}

extension OwnershipCheck.Owner {
    /// A claim that waits for the button is nobody's yet, and a device that names no owner is free.
    package init(_ response: OwnerResponse, hub: HubID) {
        switch (response.state, response.owner) {
        case (.owned, hub): self = .thisHub
        case (.owned, .some): self = .anotherHub
        case (.owned, nil), (.free, _), (.awaitingButton, _): self = .nobody
        }
    }
}
