package import CBORCoding

/// The hub's challenge.
///
/// firmware-specs/cddl: `attest-request`.
package struct AttestRequest: CBORShape, Sendable, Hashable {
    package var nonce: [UInt8]
    package var hub: HubID
    package var link: LinkKind
    /// The device's state is signed, too. Asked of devices with the capability `stateCapability` only.
    package var wantsState: Bool

    /// A device with it can sign its state.
    package static let stateCapability = "state-report"

    package init(nonce: [UInt8], hub: HubID, link: LinkKind, wantsState: Bool = false) {
        self.nonce = nonce
        self.hub = hub
        self.link = link
        self.wantsState = wantsState
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var nonce: [UInt8]?
        var hub: HubID?
        var link: LinkKind?
        var wantsState = false
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "nonce": nonce = try value.decodeBytes(length: CORLimits.nonceLength...CORLimits.nonceLength)
            case "hub": hub = try HubID(from: &value)
            case "link": link = try LinkKind(from: &value)
            case "state": wantsState = try value.decodeBool()
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let nonce, let hub, let link else {
            throw .missingKey(of: "attest-request", offset: messageOffset)
        }
        self.init(nonce: nonce, hub: hub, link: link, wantsState: wantsState)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: wantsState ? 4 : 3)
        encoder.encode("hub")
        encoder.encode(hub)
        encoder.encode("link")
        encoder.encode(link)
        encoder.encode("nonce")
        encoder.encode(bytes: nonce)
        if wantsState {
            encoder.encode("state")
            encoder.encode(true)
        }
    }
}
