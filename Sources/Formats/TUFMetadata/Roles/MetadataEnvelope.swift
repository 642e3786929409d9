import TextEncodings

/// What every file of metadata is: something signed, and signatures (specification §4.2).
struct MetadataEnvelope: Sendable {
    static let specificationMajor = "1"

    /// The whole file in canonical form.
    let canonical: [UInt8]
    /// Where `signed` stands in it.
    private let signedRange: Range<Int>
    let signed: MetadataValue
    /// By key id. One that is no hexadecimal number is there and empty.
    let signatures: [String: [UInt8]]
    let version: Int64
    /// Seconds since 1970.
    let expires: Int64

    /// - Parameter type: What `_type` has to be.
    init(_ bytes: [UInt8], role: String, type: String) throws(MetadataFault) {
        do throws(CanonicalJSON.Fault) {
            canonical = try CanonicalJSON.form(of: bytes)
        } catch {
            throw .malformed(role: role, reason: "\(error)")
        }
        func malformed(_ reason: String) -> MetadataFault { .malformed(role: role, reason: reason) }
        guard canonical.first == UInt8(ascii: "{") else { throw malformed("no object") }
        var reader = CanonicalReader(canonical)
        var signed: (value: MetadataValue, range: Range<Int>)?
        var signatures: MetadataValue?
        reader.eachMember { reader, name in
            let start = reader.offset
            switch name {
            case "signed":
                let value = reader.value(unread: ["targets"])
                signed = (value, start..<reader.offset)
            case "signatures": signatures = reader.value()
            default: reader.skip()
            }
            return true
        }
        guard let signed, case .object = signed.value else { throw malformed("nothing is signed") }
        (self.signed, signedRange) = signed
        self.signatures = try Self.signatures(signatures, role: role)

        guard self.signed["_type"]?.stringValue == type else { throw malformed("_type is not \(type)") }
        let specification = self.signed["spec_version"]?.stringValue?.split(separator: ".") ?? []
        guard specification.count >= 2, specification[0] == Self.specificationMajor else {
            throw malformed("spec_version is not 1")
        }
        guard let version = self.signed["version"]?.integerValue, version >= 1 else { throw malformed("no version") }
        guard let expires = self.signed["expires"]?.stringValue.flatMap({ MetadataTime.seconds($0) }) else {
            throw malformed("no time of expiry")
        }
        self.version = version
        self.expires = expires
    }

    /// What the signatures are over.
    var signedBytes: [UInt8] { Array(canonical[signedRange]) }

    private static func signatures(
        _ value: MetadataValue?, role: String
    ) throws(MetadataFault) -> [String: [UInt8]] {
        guard let entries = value?.arrayValue else { throw .malformed(role: role, reason: "no signatures") }
        var signatures: [String: [UInt8]] = [:]
        for entry in entries {
            guard let identifier = entry["keyid"]?.stringValue, let text = entry["sig"]?.stringValue else {
                throw .malformed(role: role, reason: "a signature without key id or value")
            }
            // §4.2: the key id must be unique among the signatures.
            guard signatures.updateValue(Hexadecimal.bytes(of: text) ?? [], forKey: identifier) == nil else {
                throw .malformed(role: role, reason: "two signatures by one key id")
            }
        }
        return signatures
    }
}
