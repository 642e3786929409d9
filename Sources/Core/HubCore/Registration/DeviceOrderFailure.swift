/// Why an order came to nothing. Each has a stable code for audit and `--json`, and says what to do.
package enum DeviceOrderFailure: Error, Sendable, Hashable {
    /// No session works with the device.
    case notConnected
    /// The link ended before the device had answered.
    case linkLost
    /// The device did not answer.
    case silent
    /// The person who gave the order took it back.
    case withdrawn
    /// Nobody pressed the button in time, or someone said no by holding it.
    case notConfirmed
    /// Another hub owns the device.
    case ownedByAnother
    /// Another hub waits for the button, or a measurement runs.
    case busy
    /// The device is not this hub's.
    case notOwner
    /// The device answered with an error of group 64, or with what its profile does not have.
    case refusedByDevice(code: Int64)
    /// The session with the device ended, since the hub will not work with it.
    case deviceRefused(SessionRefusal)
    /// The hub cannot keep anything at present.
    case notKept
    /// Too many orders wait for the device.
    case tooMany
    /// A step of a firmware update came to nothing.
    case firmware(FirmwareStepFailure)

    package var code: String {
        switch self {
        case .notConnected: "not-connected"
        case .linkLost: "link-lost"
        case .silent: "silent"
        case .withdrawn: "withdrawn"
        case .notConfirmed: "not-confirmed"
        case .ownedByAnother: "owned-by-another"
        case .busy: "device-busy"
        case .notOwner: "not-owner"
        case .refusedByDevice: "refused-by-device"
        case .deviceRefused(let refusal): refusal.code
        case .notKept: "not-kept"
        case .tooMany: "too-many-orders"
        case .firmware(let failure): failure.code
        }
    }

    package var explanation: String {
        switch self {
        case .notConnected: "the device is not connected; plug it in or bring it near, and see `corhub device list`"
        case .linkLost: "the link to the device was lost; try again when it is back"
        case .silent: "the device does not answer; try again, or switch it off and on"
        case .withdrawn: "given up"
        case .notConfirmed: "the button on the device was not pressed within its 60 seconds; try again"
        case .ownedByAnother:
            "another hub owns the device; release it there (`corhub device unpair`), or hold its button for 10 seconds"
        case .busy: "the device is busy with a measurement or with another hub's request; try again in a minute"
        case .notOwner: "the device does not belong to this hub"
        case .refusedByDevice(let code): "the device refused, with code \(code)"
        case .deviceRefused(let refusal): refusal.explanation
        case .notKept: "the hub cannot store anything at present; see `corhub buffer status`"
        case .tooMany: "too many orders wait for the device; try again in a moment"
        case .firmware(let failure): "a step of the firmware update came to nothing: \(failure.code)"
        }
    }
}
