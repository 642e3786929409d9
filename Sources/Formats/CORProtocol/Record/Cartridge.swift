package import CBORCoding

/// The single-use cartridge of a run.
///
/// firmware-specs/cddl: `cartridge`.
package struct Cartridge: CBORShape, Sendable, Hashable {
    package var id: String
    package var lot: String
    /// Unix time.
    package var expiryMilliseconds: Int64?

    package init(id: String, lot: String, expiryMilliseconds: Int64? = nil) {
        self.id = id
        self.lot = lot
        self.expiryMilliseconds = expiryMilliseconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var id: String?
        var lot: String?
        var expiryMilliseconds: Int64?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: id = try value.decodeText(length: 1...64)
            case 2: lot = try value.decodeText(length: 1...64)
            case 3: expiryMilliseconds = try value.decodeInteger(in: CORLimits.unixMilliseconds)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let id, let lot else {
            throw .missingKey(of: "cartridge", offset: messageOffset)
        }
        self.init(id: id, lot: lot, expiryMilliseconds: expiryMilliseconds)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2 + (expiryMilliseconds == nil ? 0 : 1))
        encoder.encode(1)
        encoder.encode(id)
        encoder.encode(2)
        encoder.encode(lot)
        if let expiryMilliseconds {
            encoder.encode(3)
            encoder.encode(expiryMilliseconds)
        }
    }
}
