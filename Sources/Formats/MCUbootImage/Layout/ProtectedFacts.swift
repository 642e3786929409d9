/// What an image says about itself under its signature.
package struct ProtectedFacts: Sendable, Hashable {
    /// Another image that must be there, and its lowest version.
    package struct Dependency: Sendable, Hashable {
        package let image: UInt8
        package let versionMin: ImageVersion
    }

    package private(set) var securityCounter: UInt32?
    package private(set) var dependencies: [Dependency] = []
    /// 16 bytes.
    package private(set) var vendorUUID: [UInt8]?
    /// 16 bytes.
    package private(set) var classUUID: [UInt8]?
    private var hasBootRecord = false

    private static let uuidLength = 16
    private static let dependencyLength = 12

    /// Refuses what is unknown: nobody can say whether the device would have to look at it. The makers' own types are theirs.
    init(_ tlvs: [ImageTLV]) throws(ImageRefusal) {
        for tlv in tlvs {
            switch tlv.type {
            case .securityCounter:
                guard securityCounter == nil else { throw .tlvRepeated(tlv.type) }
                securityCounter = try Self.data(of: tlv, length: 4).littleEndian32(at: 0)
            case .dependency:
                dependencies.append(try Self.dependency(tlv))
            case .bootRecord:
                guard !hasBootRecord else { throw .tlvRepeated(tlv.type) }
                hasBootRecord = true
            case .vendorUUID:
                guard vendorUUID == nil else { throw .tlvRepeated(tlv.type) }
                vendorUUID = try Self.data(of: tlv, length: Self.uuidLength)
            case .classUUID:
                guard classUUID == nil else { throw .tlvRepeated(tlv.type) }
                classUUID = try Self.data(of: tlv, length: Self.uuidLength)
            case let type where type.isVendorReserved:
                break
            default:
                throw .tlvUnknown(tlv.type, isProtected: true)
            }
        }
    }

    private static func dependency(_ tlv: ImageTLV) throws(ImageRefusal) -> Dependency {
        let data = try data(of: tlv, length: dependencyLength)
        guard data[1...3].allSatisfy({ $0 == 0 }) else { throw .reservedFieldInUse }
        return Dependency(
            image: data[0],
            versionMin: ImageVersion(
                major: data[4], minor: data[5], revision: data.littleEndian16(at: 6), build: data.littleEndian32(at: 8))
        )
    }

    private static func data(of tlv: ImageTLV, length: Int) throws(ImageRefusal) -> [UInt8] {
        guard tlv.data.count == length else {
            throw .tlvLengthWrong(tlv.type, length: tlv.data.count)
        }
        return tlv.data
    }
}
