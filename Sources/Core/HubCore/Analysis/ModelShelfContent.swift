package import CBORCoding
import CORProtocol

/// Which models the shelf holds, as they came and were signed: what is kept on the disk.
package struct ModelShelfContent: CBORShape, Sendable, Hashable {
    package enum Before: Sendable, Hashable {
        /// The program's own model.
        case builtIn
        case installed([UInt8])

        var message: [UInt8]? {
            if case .installed(let message) = self { message } else { nil }
        }
    }

    /// The signed message of the installed model; nil for the program's own model.
    package private(set) var inUse: [UInt8]?
    /// Nil where there is nothing to go back to.
    package private(set) var before: Before?

    package init(inUse: [UInt8]? = nil, before: Before? = nil) {
        self.inUse = inUse
        self.before = before
    }

    /// What is in use, as that which the next one comes after.
    var asBefore: Before { inUse.map(Before.installed) ?? .builtIn }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var inUse: [UInt8]??
        var before: Before??
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: inUse = .some(try value.decodeNullIfPresent() ? nil : try value.decodeBytes())
            case 2:
                if try value.decodeNullIfPresent() {
                    before = .some(nil)
                } else {
                    // No bytes stand for the program's own model.
                    let message = try value.decodeBytes()
                    before = .some(message.isEmpty ? .builtIn : .installed(message))
                }
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let inUse, let before else { throw .missingKey(of: "model-shelf", offset: offset) }
        self.init(inUse: inUse, before: before)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        if let inUse { encoder.encode(bytes: inUse) } else { encoder.encodeNull() }
        encoder.encode(2)
        if let before { encoder.encode(bytes: before.message ?? []) } else { encoder.encodeNull() }
    }
}
