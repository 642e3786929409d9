/// What a device says of itself to everybody: claims, no more.
///
/// The bytes are structures of length, type, content (Core Specification, volume 3, part C, §11). A structure that the
/// bytes end within is refused; types that are not read are skipped.
package struct AdvertisingData: Sendable, Hashable {
    /// What extended advertising can carry at most.
    package static let lengthMax = 1_650
    /// Services beyond these are not listed.
    package static let serviceCountMax = 32
    /// Bytes of a name that are kept: what GAP allows.
    package static let nameLengthMax = 248

    package private(set) var services: [BluetoothUUID] = []
    /// The complete or shortened local name; what is no UTF-8 in it is replaced.
    package private(set) var name: String?
    /// Of services beyond `serviceCountMax`.
    package private(set) var unlistedServiceCount = 0

    package init(decoding bytes: [UInt8]) throws(BluetoothError) {
        guard bytes.count <= Self.lengthMax else {
            throw .tooLong(what: "advertising data", length: bytes.count, max: Self.lengthMax)
        }
        var reader = ByteReader(bytes)
        while reader.remainingCount > 0 {
            let length = Int(try reader.uint8("structure length"))
            guard length > 0 else { return }  // §11: an early end; what follows is padding.
            let type = try reader.uint8("structure type")
            let content = try reader.bytes(length - 1, "structure")
            try take(type, content)
        }
    }

    private mutating func take(_ type: UInt8, _ content: [UInt8]) throws(BluetoothError) {
        switch type {
        case 0x02, 0x03: try takeServices(content, byteCount: 2)  // incomplete, complete list of 16 bits
        case 0x06, 0x07: try takeServices(content, byteCount: BluetoothUUID.longByteCount)  // the same of 128 bits
        case 0x08 where name == nil, 0x09:  // shortened, complete local name
            name = String(decoding: content.prefix(Self.nameLengthMax), as: UTF8.self)
        default: return
        }
    }

    private mutating func takeServices(_ content: [UInt8], byteCount: Int) throws(BluetoothError) {
        guard content.count.isMultiple(of: byteCount) else {
            throw .elementLengthWrong(what: "list of services", length: content.count)
        }
        for start in stride(from: 0, to: content.count, by: byteCount) {
            guard services.count < Self.serviceCountMax else {
                unlistedServiceCount += 1
                continue
            }
            guard let service = BluetoothUUID(wireBytes: Array(content[start..<start + byteCount])) else { continue }
            services.append(service)
        }
    }
}
