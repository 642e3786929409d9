import CBORCoding

extension COSEHeaders {
    private static let sha256: CBORValue = -16
    private static let sha256Length = 32

    /// The bucket as a CBOR map, its entries in no particular order.
    var map: CBORValue {
        var entries = others
        func add(_ label: Int64, _ value: CBORValue?) {
            guard let value else { return }
            entries.append(CBORPair(key: .integer(label), value: value))
        }
        add(COSELabel.algorithm, algorithm.map { .integer($0.rawValue) })
        add(COSELabel.critical, critical.isEmpty ? nil : .array(critical.map(CBORValue.integer)))
        add(COSELabel.keyID, keyID.map(CBORValue.bytes))
        switch contentType {
        case .coapFormat(let number): add(COSELabel.contentType, .unsigned(UInt64(number)))
        case .mediaType(let name): add(COSELabel.contentType, .text(name))
        case nil: break
        }
        // RFC 9360 §2: a single certificate stands alone, several are an array.
        switch certificateChain.count {
        case 0: break
        case 1: add(COSELabel.certificateChain, .bytes(certificateChain[0]))
        default: add(COSELabel.certificateChain, .array(certificateChain.map(CBORValue.bytes)))
        }
        add(COSELabel.certificateThumbprint, certificateThumbprint.map { [Self.sha256, .bytes($0)] })
        return .map(entries)
    }

    var labels: Set<CBORValue> {
        Set(map.mapValue.map { $0.map(\.key) } ?? [])
    }

    /// What goes into the protected byte string: RFC 9052 §3 wants an empty bucket as no bytes at all.
    var protectedBytes: [UInt8] {
        let map = map
        return map == [:] ? [] : map.encoded()
    }

    /// Reads a protected byte string; an empty map is accepted in both its forms, RFC 9052 §3.
    init(protectedBytes: [UInt8], limits: CBORLimits) throws(COSEError) {
        guard !protectedBytes.isEmpty else {
            self.init()
            return
        }
        var entries: [CBORPair] = []
        do throws(CBORError) {
            var decoder = CBORDecoder(protectedBytes, mode: .strict, limits: limits)
            entries = try Self.entries(from: &decoder)
            try decoder.finish()
        } catch {
            throw .malformed(error)
        }
        try self.init(entries: entries, isProtected: true)
    }

    static func entries(from decoder: inout CBORDecoder) throws(CBORError) -> [CBORPair] {
        var entries: [CBORPair] = []
        try decoder.decodeValueMap { (key, decoder) throws(CBORError) in
            entries.append(CBORPair(key: key, value: try decoder.decodeValue()))
        }
        return entries
    }

    init(entries: [CBORPair], isProtected: Bool) throws(COSEError) {
        self.init()
        for entry in entries {
            guard let label = entry.key.integer else {
                guard entry.key.textValue != nil else { throw .malformedLabel }
                others.append(entry)
                continue
            }
            switch label {
            case COSELabel.algorithm: algorithm = try Self.algorithm(entry.value)
            case COSELabel.critical: critical = try Self.critical(entry.value, isProtected: isProtected)
            case COSELabel.contentType: contentType = try Self.contentType(entry.value)
            case COSELabel.keyID: keyID = try Self.bytes(entry.value, label: label)
            case COSELabel.certificateChain: certificateChain = try Self.certificateChain(entry.value)
            case COSELabel.certificateThumbprint: certificateThumbprint = try Self.thumbprint(entry.value)
            default: others.append(entry)
            }
        }
        // RFC 9052 §3.1: what crit names must be there, and must be understood.
        for label in critical {
            guard entries.contains(where: { $0.key == .integer(label) }) else {
                throw .malformedHeader(label: COSELabel.critical)
            }
        }
    }

    private static func algorithm(_ value: CBORValue) throws(COSEError) -> COSEAlgorithm {
        guard let algorithm = value.integer.flatMap(COSEAlgorithm.init(rawValue:)) else {
            throw .unsupportedAlgorithm
        }
        return algorithm
    }

    private static func critical(_ value: CBORValue, isProtected: Bool) throws(COSEError) -> [Int64] {
        guard isProtected, let labels = value.arrayValue, !labels.isEmpty else {
            throw .malformedHeader(label: COSELabel.critical)
        }
        var critical: [Int64] = []
        for label in labels {
            guard let label = label.integer, COSELabel.known.contains(label) else { throw .unknownCriticalHeader }
            critical.append(label)
        }
        return critical
    }

    private static func contentType(_ value: CBORValue) throws(COSEError) -> COSEContentType {
        if let name = value.textValue { return .mediaType(name) }
        guard let number = value.unsignedInteger.flatMap(UInt16.init(exactly:)) else {
            throw .malformedHeader(label: COSELabel.contentType)
        }
        return .coapFormat(number)
    }

    private static func bytes(_ value: CBORValue, label: Int64) throws(COSEError) -> [UInt8] {
        guard let bytes = value.bytesValue else { throw .malformedHeader(label: label) }
        return bytes
    }

    private static func certificateChain(_ value: CBORValue) throws(COSEError) -> [[UInt8]] {
        let label = COSELabel.certificateChain
        guard let certificates = value.arrayValue else { return [try bytes(value, label: label)] }
        guard certificates.count >= 2 else { throw .malformedHeader(label: label) }
        var chain: [[UInt8]] = []
        for certificate in certificates {
            chain.append(try bytes(certificate, label: label))
        }
        return chain
    }

    private static func thumbprint(_ value: CBORValue) throws(COSEError) -> [UInt8] {
        let label = COSELabel.certificateThumbprint
        guard let parts = value.arrayValue, parts.count == 2, parts[0] == sha256 else {
            throw .malformedHeader(label: label)
        }
        let hash = try bytes(parts[1], label: label)
        guard hash.count == sha256Length else { throw .malformedHeader(label: label) }
        return hash
    }
}
