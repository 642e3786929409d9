package import CBORCoding
package import CORProtocol

/// How far this hub is with owning one device. Kept in the store; each state is durable before what follows from it.
///
/// A device that was never this hub's has none.
package struct DeviceRegistration: CBORShape, Sendable, Hashable {
    package enum State: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
        /// Ours: its button was pressed. The upstream is still to be told.
        case claimed = 1
        /// The upstream agreed.
        case registered = 2
        /// The upstream has it as another hub's; on the device it is ours.
        case contested = 3
        /// A person wants to be rid of it; the device is still to be told, and then the upstream.
        case leaving = 4
        /// No longer ours on the device; the upstream is still to be told.
        case left = 5
        /// Let go, and the upstream knows.
        case released = 6

        /// On the device it is this hub's.
        package var isOurs: Bool {
            switch self {
            case .claimed, .registered, .contested, .leaving: true
            case .left, .released: false
            }
        }
    }

    package var serial: DeviceSerial
    package var state: State
    /// When it came to that.
    package var changed: TimeBlock
    /// What the device showed when it became ours; nil for a device without a certificate.
    package var evidence: DeviceEvidence?

    package init(serial: DeviceSerial, state: State, changed: TimeBlock, evidence: DeviceEvidence?) {
        self.serial = serial
        self.state = state
        self.changed = changed
        self.evidence = evidence
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var serial: DeviceSerial?
        var state: State?
        var changed: TimeBlock?
        var evidence: DeviceEvidence?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: serial = try DeviceSerial(from: &value)
            case 2: state = try State(from: &value)
            case 3: changed = try TimeBlock(from: &value)
            case 4: evidence = try DeviceEvidence(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let serial, let state, let changed else { throw .missingKey(of: "device-registration", offset: offset) }
        self.init(serial: serial, state: state, changed: changed, evidence: evidence)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: evidence == nil ? 3 : 4)
        encoder.encode(1)
        encoder.encode(serial)
        encoder.encode(2)
        encoder.encode(state)
        encoder.encode(3)
        encoder.encode(changed)
        if let evidence {
            encoder.encode(4)
            encoder.encode(evidence)
        }
    }
}
