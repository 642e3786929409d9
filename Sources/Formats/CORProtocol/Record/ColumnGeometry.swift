package import CBORCoding

/// The column in which the blood settles.
///
/// firmware-specs/cddl: `geometry`.
package struct ColumnGeometry: CBORShape, Sendable, Hashable {
    /// A profile name, for example "esr-profile/short-60".
    package var profile: String
    /// Column height.
    package var columnMicrometres: UInt32
    /// Blood share of the diluted sample.
    package var bloodPerMille: UInt16

    package init(profile: String, columnMicrometres: UInt32, bloodPerMille: UInt16) {
        self.profile = profile
        self.columnMicrometres = columnMicrometres
        self.bloodPerMille = bloodPerMille
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var profile: String?
        var columnMicrometres: UInt32?
        var bloodPerMille: UInt16?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: profile = try value.decodeText(length: 1...64)
            case 2: columnMicrometres = try value.decodeInteger(in: 5000...300_000)
            case 3: bloodPerMille = try value.decodeInteger(in: 1...1000)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let profile, let columnMicrometres, let bloodPerMille else {
            throw .missingKey(of: "geometry", offset: messageOffset)
        }
        self.init(profile: profile, columnMicrometres: columnMicrometres, bloodPerMille: bloodPerMille)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 3)
        encoder.encode(1)
        encoder.encode(profile)
        encoder.encode(2)
        encoder.encode(UInt64(columnMicrometres))
        encoder.encode(3)
        encoder.encode(UInt64(bloodPerMille))
    }
}
