package import CBORCoding
import CORProtocol
package import MCUbootImage

// How offers are kept in the store.
extension FirmwareOffer: CBORShape {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var target: Target?
        var image: FirmwareImageFacts?
        var requirements: FirmwareRequirements?
        var origin: Origin?
        var consent: Consent?
        var window: Window?
        var allowsDowngrade: Bool?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: target = try Target(from: &value)
            case 2: image = try FirmwareImageFacts(from: &value)
            case 3: requirements = try FirmwareRequirements(from: &value)
            case 4: origin = .file(actor: try AuditActor(from: &value))
            case 5: origin = .rollout(id: try value.decodeText())
            case 6: consent = try Consent(from: &value)
            case 7: window = try Window(from: &value)
            case 8: allowsDowngrade = try value.decodeBool()
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let target, let image, let requirements, let origin, let consent, let window, let allowsDowngrade else {
            throw .missingKey(of: "firmware-offer", offset: offset)
        }
        self.init(
            target: target, image: image, requirements: requirements, origin: origin, consent: consent, window: window,
            allowsDowngrade: allowsDowngrade)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 7)
        encoder.encode(1)
        encoder.encode(target)
        encoder.encode(2)
        encoder.encode(image)
        encoder.encode(3)
        encoder.encode(requirements)
        switch origin {
        case .file(let actor):
            encoder.encode(4)
            encoder.encode(actor)
        case .rollout(let id):
            encoder.encode(5)
            encoder.encode(id)
        }
        encoder.encode(6)
        encoder.encode(consent)
        encoder.encode(7)
        encoder.encode(window)
        encoder.encode(8)
        encoder.encode(allowsDowngrade)
    }
}

extension FirmwareOffer.Target: CBORShape {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var name: String?
        var sha256: SHA256Hash?
        var length: Int?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: name = try value.decodeText()
            case 2: sha256 = try SHA256Hash(from: &value)
            case 3: length = try value.decodeInteger()
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let name, let sha256, let length, length >= 0 else {
            throw .missingKey(of: "firmware-target", offset: offset)
        }
        self.init(name: name, sha256: sha256, length: length)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 3)
        encoder.encode(1)
        encoder.encode(name)
        encoder.encode(2)
        encoder.encode(sha256)
        encoder.encode(3)
        encoder.encode(length)
    }
}

extension FirmwareImageFacts: CBORShape {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var version: ImageVersion?
        var securityCounter: UInt32?
        var hash: SHA256Hash?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: version = try ImageVersion(from: &value)
            case 2: securityCounter = try value.decodeInteger()
            case 3: hash = try SHA256Hash(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let version, let hash else { throw .missingKey(of: "firmware-image", offset: offset) }
        self.init(version: version, securityCounter: securityCounter, hash: hash)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: securityCounter == nil ? 2 : 3)
        encoder.encode(1)
        encoder.encode(version)
        if let securityCounter {
            encoder.encode(2)
            encoder.encode(UInt64(securityCounter))
        }
        encoder.encode(3)
        encoder.encode(hash)
    }
}

extension FirmwareRequirements: CBORShape {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self.init()
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: model = try value.decodeText()
            case 2:
                hardwareRevisions = try value.decodeArray { (item) throws(CBORError) in try item.decodeText() }
            case 3:
                fromVersions = try value.decodeArray { (item) throws(CBORError) in
                    let start = item.offset
                    let ends = try item.decodeArray { (end) throws(CBORError) in try ImageVersion(from: &end) }
                    guard ends.count == 2, ends[0] <= ends[1] else {
                        throw .unexpectedValue(expected: "two versions in order", offset: start)
                    }
                    return ends[0]...ends[1]
                }
            case 4: batteryPercentMin = try value.decodeInteger()
            case 5: isMustPassThrough = try value.decodeBool()
            default: throw .unknownKey(offset: value.offset)
            }
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: model == nil ? 4 : 5)
        if let model {
            encoder.encode(1)
            encoder.encode(model)
        }
        encoder.encode(2)
        encoder.beginArray(count: hardwareRevisions.count)
        for revision in hardwareRevisions { encoder.encode(revision) }
        encoder.encode(3)
        encoder.beginArray(count: fromVersions.count)
        for range in fromVersions {
            encoder.beginArray(count: 2)
            encoder.encode(range.lowerBound)
            encoder.encode(range.upperBound)
        }
        encoder.encode(4)
        encoder.encode(UInt64(batteryPercentMin))
        encoder.encode(5)
        encoder.encode(isMustPassThrough)
    }
}

/// As text: `1.2.3+4`.
extension ImageVersion: CBORShape {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        guard let version = ImageVersion(try decoder.decodeText()) else {
            throw .unexpectedValue(expected: "a version", offset: start)
        }
        self = version
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(description)
    }
}
