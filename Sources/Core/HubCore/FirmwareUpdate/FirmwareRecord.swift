package import CBORCoding
package import CORProtocol

/// What is durable of the update of one device. The newest one stays when it has ended: it says what not to try again.
package struct FirmwareRecord: CBORShape, Sendable, Hashable {
    /// An image that failed for good on this device.
    package struct Refused: Sendable, Hashable {
        package var imageHash: SHA256Hash
        /// Tried again only under metadata that are newer than these.
        package var metadataVersion: UInt64

        package init(imageHash: SHA256Hash, metadataVersion: UInt64) {
            self.imageHash = imageHash
            self.metadataVersion = metadataVersion
        }
    }

    /// Images that failed for good are remembered up to this number; the oldest is forgotten first.
    package static let refusedCountMax = 16

    package var serial: DeviceSerial
    package var offer: FirmwareOffer
    package var metadataVersion: UInt64
    package var phase: FirmwarePhase
    /// When the phase was entered.
    package var entered: TimeBlock
    /// Why it ended, or why it is being reverted; empty before.
    package var reason: String
    /// How a reverted update ends: `.reverted`, or `.cancelled` where somebody asked for it.
    package var endAfterRevert: FirmwareOutcome.End
    /// A local user agreed to this image.
    package var hasConsent: Bool
    /// Times that the image was sent anew from its beginning, since it was not found on the device.
    package var uploadCount: Int
    /// The image that ran before.
    package var previousHash: SHA256Hash?
    /// The device's boot counter when proving began.
    package var bootCounter: UInt32?
    package var refused: [Refused]
    /// The last state report that verified; nil where the device signs none.
    package var stateReport: DeviceEvidence?

    package init(
        serial: DeviceSerial, offer: FirmwareOffer, metadataVersion: UInt64, entered: TimeBlock, refused: [Refused] = []
    ) {
        self.serial = serial
        self.offer = offer
        self.metadataVersion = metadataVersion
        phase = .offered
        self.entered = entered
        reason = ""
        endAfterRevert = .reverted
        hasConsent = false
        uploadCount = 0
        previousHash = nil
        bootCounter = nil
        self.refused = refused
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var serial: DeviceSerial?
        var offer: FirmwareOffer?
        var entered: TimeBlock?
        var phase: FirmwarePhase?
        var rest = Rest()
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: serial = try DeviceSerial(from: &value)
            case 2: offer = try FirmwareOffer(from: &value)
            case 3: rest.metadataVersion = try value.decodeUInt64()
            case 4: phase = try FirmwarePhase(from: &value)
            case 5: entered = try TimeBlock(from: &value)
            case 6: rest.reason = try value.decodeText()
            case 7: rest.endAfterRevert = try FirmwareOutcome.End(from: &value)
            case 8: rest.hasConsent = try value.decodeBool()
            case 9: rest.uploadCount = try value.decodeInteger()
            case 10: rest.previousHash = try SHA256Hash(from: &value)
            case 11: rest.bootCounter = try value.decodeInteger()
            case 12: rest.refused = try value.decodeArray { (item) throws(CBORError) in try Refused(from: &item) }
            case 13: rest.stateReport = try DeviceEvidence(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let serial, let offer, let entered, let phase else {
            throw .missingKey(of: "firmware-record", offset: offset)
        }
        self.init(serial: serial, offer: offer, metadataVersion: rest.metadataVersion, entered: entered)
        self.phase = phase
        reason = rest.reason
        endAfterRevert = rest.endAfterRevert
        hasConsent = rest.hasConsent
        uploadCount = rest.uploadCount
        previousHash = rest.previousHash
        bootCounter = rest.bootCounter
        refused = rest.refused
        stateReport = rest.stateReport
    }

    private struct Rest {
        var metadataVersion: UInt64 = 0
        var reason = ""
        var endAfterRevert = FirmwareOutcome.End.reverted
        var hasConsent = false
        var uploadCount = 0
        var previousHash: SHA256Hash?
        var bootCounter: UInt32?
        var refused: [Refused] = []
        var stateReport: DeviceEvidence?
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(
            count: 10 + (previousHash == nil ? 0 : 1) + (bootCounter == nil ? 0 : 1) + (stateReport == nil ? 0 : 1))
        encoder.encode(1)
        encoder.encode(serial)
        encoder.encode(2)
        encoder.encode(offer)
        encoder.encode(3)
        encoder.encode(metadataVersion)
        encoder.encode(4)
        encoder.encode(phase)
        encoder.encode(5)
        encoder.encode(entered)
        encoder.encode(6)
        encoder.encode(reason)
        encoder.encode(7)
        encoder.encode(endAfterRevert)
        encoder.encode(8)
        encoder.encode(hasConsent)
        encoder.encode(9)
        encoder.encode(uploadCount)
        if let previousHash {
            encoder.encode(10)
            encoder.encode(previousHash)
        }
        if let bootCounter {
            encoder.encode(11)
            encoder.encode(UInt64(bootCounter))
        }
        encoder.encode(12)
        encoder.beginArray(count: refused.count)
        for item in refused { encoder.encode(item) }
        if let stateReport {
            encoder.encode(13)
            encoder.encode(stateReport)
        }
    }
}

extension FirmwareRecord {
    /// Whether who agreed to the update has agreed to this one as well: it is the same, and neither a person nor the device has ended it.
    func consentHolds(for offer: FirmwareOffer) -> Bool {
        let hasOnlyBeenPutOff =
            phase == .failedTransiently || (phase == .cancelled && reason == FirmwareUpdate.withdrawnReason)
        return hasConsent && hasOnlyBeenPutOff && self.offer == offer
    }
}

extension FirmwareRecord.Refused: CBORShape {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self = try decoder.decodeArray(count: 2) { (decoder) throws(CBORError) in
            FirmwareRecord.Refused(
                imageHash: try SHA256Hash(from: &decoder), metadataVersion: try decoder.decodeUInt64())
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 2)
        encoder.encode(imageHash)
        encoder.encode(metadataVersion)
    }
}
