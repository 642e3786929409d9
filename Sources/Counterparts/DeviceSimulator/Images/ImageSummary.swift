package import CBORCoding
import Crypto

/// What the device knows of an image file in its slot: version and hash, as MCUboot wrote them, and what its boot loader will find.
///
/// Image management checks neither hash nor signature before the reset: a corrupt image can be marked pending. A file that is no
/// MCUboot image has version 0.0.0, is not bootable, and goes by the SHA-256 of its bytes.
package struct ImageSummary: Sendable, Hashable {
    package var version: String
    /// The image's hash TLV, 32 bytes.
    package var hash: [UInt8]
    package var isBootable: Bool
    package var length: Int
    /// Major, minor, revision, build: the order of MCUboot versions.
    package var rank: [UInt32]
    /// The hash is that of header, payload and protected TLVs, and where the boot loader has a key, that key has signed it.
    package var isSound: Bool
    /// Nil where the image has none.
    package var securityCounter: UInt32?

    package init(
        version: String, hash: [UInt8], isBootable: Bool, length: Int, rank: [UInt32] = [0, 0, 0, 0],
        isSound: Bool = false, securityCounter: UInt32? = nil
    ) {
        self.version = version
        self.hash = hash
        self.isBootable = isBootable
        self.length = length
        self.rank = rank
        self.isSound = isSound
        self.securityCounter = securityCounter
    }

    /// Reads the image header, 32 bytes little endian, and the TLV areas behind the image: MCUboot, docs/design.md.
    ///
    /// - Parameter key: of the boot loader; nil lets it look at hashes only.
    package init(file: [UInt8], key: BootKey? = nil) {
        let reader = LittleEndianReader(bytes: file)
        guard let rank = Self.rank(inHeader: file),
            let headerLength = reader.integer(at: 8, as: UInt16.self),
            let protectedLength = reader.integer(at: 10, as: UInt16.self),
            let imageLength = reader.integer(at: 12, as: UInt32.self)
        else {
            self.init(noImage: file)
            return
        }
        let bodyEnd = Int(headerLength) + Int(imageLength)
        let signedEnd = bodyEnd + Int(protectedLength)
        let entries = Self.entries(in: reader, at: signedEnd, magic: Self.areaMagic)
        guard let hash = entries.first(where: { $0.type == Self.hashType })?.value else {
            self.init(noImage: file)
            return
        }
        let protected = Self.entries(in: reader, at: bodyEnd, magic: Self.protectedAreaMagic)
        let counter = protected.first { $0.type == Self.counterType }?.value
        let isHashRight = signedEnd <= file.count && Array(SHA256.hash(data: file[..<signedEnd])) == hash
        let build = rank[3] == 0 ? "" : ".\(rank[3])"
        self.init(
            version: "\(rank[0]).\(rank[1]).\(rank[2])\(build)", hash: hash, isBootable: true, length: file.count,
            rank: rank, isSound: isHashRight && (key?.signed(hash, entries.map { ($0.type, $0.value) }) ?? true),
            securityCounter: counter.flatMap { LittleEndianReader(bytes: $0).integer(at: 0, as: UInt32.self) })
    }

    private init(noImage file: [UInt8]) {
        self.init(version: "0.0.0", hash: Array(SHA256.hash(data: file)), isBootable: false, length: file.count)
    }

    /// The rank of the image that begins with `data`; nil where there is no image header.
    package static func rank(inHeader data: [UInt8]) -> [UInt32]? {
        let reader = LittleEndianReader(bytes: data)
        guard reader.integer(at: 0, as: UInt32.self) == headerMagic,
            let major = reader.integer(at: 20, as: UInt8.self),
            let minor = reader.integer(at: 21, as: UInt8.self),
            let revision = reader.integer(at: 22, as: UInt16.self),
            let build = reader.integer(at: 24, as: UInt32.self)
        else { return nil }
        return [UInt32(major), UInt32(minor), UInt32(revision), build]
    }

    private static let headerMagic: UInt32 = 0x96F3_B83D
    private static let areaMagic: UInt16 = 0x6907
    private static let protectedAreaMagic: UInt16 = 0x6908
    private static let areaHeaderLength = 4
    private static let entryHeaderLength = 4
    private static let hashType: UInt16 = 0x10
    private static let counterType: UInt16 = 0x50

    /// The entries of the TLV area at `start`, as far as they lie inside of the file.
    private static func entries(
        in reader: LittleEndianReader, at start: Int, magic: UInt16
    ) -> [(type: UInt16, value: [UInt8])] {
        guard reader.integer(at: start, as: UInt16.self) == magic,
            let areaLength = reader.integer(at: start + 2, as: UInt16.self)
        else { return [] }
        let end = start + Int(areaLength)
        var offset = start + areaHeaderLength
        var entries: [(type: UInt16, value: [UInt8])] = []
        // Each round passes at least an entry's header, so the area's 16-bit length bounds the loop.
        while offset < end, let type = reader.integer(at: offset, as: UInt16.self),
            let length = reader.integer(at: offset + 2, as: UInt16.self),
            let value = reader.bytes(at: offset + entryHeaderLength, count: Int(length))
        {
            entries.append((type, value))
            offset += entryHeaderLength + Int(length)
        }
        return entries
    }
}

/// As the device remembers it over a restart.
extension ImageSummary: CBORShape {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 7)
        encoder.encode(version)
        encoder.encode(bytes: hash)
        encoder.encode(isBootable)
        encoder.encode(length)
        encoder.encodeIntegers(rank.map(Int64.init))
        encoder.encode(isSound)
        if let securityCounter { encoder.encode(UInt64(securityCounter)) } else { encoder.encodeNull() }
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self = try decoder.decodeArray(count: 7) { (decoder) throws(CBORError) in
            ImageSummary(
                version: try decoder.decodeText(), hash: try decoder.decodeBytes(),
                isBootable: try decoder.decodeBool(), length: try decoder.decodeInteger(),
                rank: try decoder.decodeIntegers().map { UInt32(truncatingIfNeeded: $0) },
                isSound: try decoder.decodeBool(),
                securityCounter: try decoder.decodeNullIfPresent() ? nil : try decoder.decodeInteger())
        }
    }
}

/// Integers out of untrusted bytes; nil beyond the end.
private struct LittleEndianReader {
    let bytes: [UInt8]

    func integer<Integer: FixedWidthInteger & UnsignedInteger>(at offset: Int, as: Integer.Type) -> Integer? {
        let width = Integer.bitWidth / 8
        guard offset >= 0, offset + width <= bytes.count else { return nil }
        return (0..<width).reduce(0) { $0 | Integer(bytes[offset + $1]) << (8 * $1) }
    }

    func bytes(at offset: Int, count: Int) -> [UInt8]? {
        guard offset >= 0, offset + count <= bytes.count else { return nil }
        return Array(bytes[offset..<offset + count])
    }
}
