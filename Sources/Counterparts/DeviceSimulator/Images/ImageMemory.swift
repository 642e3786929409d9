package import CBORCoding
package import CORProtocol

/// What stands in the flash about the slots: kept over restarts, and written before anything is answered that depends on it.
package struct ImageMemory: Sendable, Hashable {
    /// What an image in the secondary slot waits for.
    package enum Mark: UInt64, Sendable, Hashable {
        case none = 0
        /// It runs once at the next start.
        case test = 1
        /// It runs from the next start on.
        case permanent = 2
    }

    package var primary: ImageSummary
    package var secondary: ImageSummary?
    package var mark = Mark.none
    /// False while the primary image is on trial: the next start brings the other one back.
    package var isConfirmed = true
    /// No image with a lower one is booted.
    package var securityCounter: UInt32 = 0
    /// The last image that was refused or taken back. Kept beside the slots, by the snapshot.
    package var undone: UndoneImage?

    package init(primary: ImageSummary) {
        self.primary = primary
    }
}

extension ImageMemory: CBORShape {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 5)
        encoder.encode(primary)
        if let secondary { encoder.encode(secondary) } else { encoder.encodeNull() }
        encoder.encode(mark.rawValue)
        encoder.encode(isConfirmed)
        encoder.encode(UInt64(securityCounter))
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self = try decoder.decodeArray(count: 5) { (decoder) throws(CBORError) in
            var memory = ImageMemory(primary: try ImageSummary(from: &decoder))
            memory.secondary = try decoder.decodeNullIfPresent() ? nil : try ImageSummary(from: &decoder)
            let start = decoder.offset
            guard let mark = Mark(rawValue: try decoder.decodeUInt64()) else {
                throw .unexpectedValue(expected: "a mark", offset: start)
            }
            memory.mark = mark
            memory.isConfirmed = try decoder.decodeBool()
            memory.securityCounter = try decoder.decodeInteger()
            return memory
        }
    }
}
