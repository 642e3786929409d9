package import CBORCoding

/// What the device signs over a challenge.
///
/// firmware-specs/cddl: `attestation-payload`.
package struct AttestationPayload: CBORShape, Sendable, Hashable {
    /// The hub's nonce.
    package var nonce: [UInt8]
    package var hub: HubID
    package var serial: DeviceSerial
    /// The link as the device sees it.
    package var link: LinkKind
    package var bootCounter: UInt32
    /// What the slots hold, where the hub asked for it: a state report.
    package var state: DeviceState?

    package init(
        nonce: [UInt8], hub: HubID, serial: DeviceSerial, link: LinkKind, bootCounter: UInt32, state: DeviceState? = nil
    ) {
        self.nonce = nonce
        self.hub = hub
        self.serial = serial
        self.link = link
        self.bootCounter = bootCounter
        self.state = state
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var nonce: [UInt8]?
        var hub: HubID?
        var serial: DeviceSerial?
        var link: LinkKind?
        var bootCounter: UInt32?
        var state: DeviceState?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: nonce = try value.decodeBytes(length: CORLimits.nonceLength...CORLimits.nonceLength)
            case 2: hub = try HubID(from: &value)
            case 3: serial = try DeviceSerial(from: &value)
            case 4: link = try LinkKind(from: &value)
            case 5: bootCounter = try value.decodeInteger(in: 0...UInt32.max)
            case 6: state = try DeviceState(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let nonce, let hub, let serial, let link, let bootCounter else {
            throw .missingKey(of: "attestation-payload", offset: messageOffset)
        }
        self.init(nonce: nonce, hub: hub, serial: serial, link: link, bootCounter: bootCounter, state: state)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: state == nil ? 5 : 6)
        encoder.encode(1)
        encoder.encode(bytes: nonce)
        encoder.encode(2)
        encoder.encode(hub)
        encoder.encode(3)
        encoder.encode(serial)
        encoder.encode(4)
        encoder.encode(link)
        encoder.encode(5)
        encoder.encode(UInt64(bootCounter))
        if let state {
            encoder.encode(6)
            encoder.encode(state)
        }
    }
}
