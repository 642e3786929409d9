import Crypto

/// What the device reads out of an image file in its slot: version and hash, as MCUboot wrote them.
///
/// The device checks neither hash nor signature before the reset: a corrupt image can be marked pending. A file that is no
/// MCUboot image has version 0.0.0, is not bootable, and goes by the SHA-256 of its bytes.
package struct ImageSummary: Sendable, Hashable {
    package var version: String
    /// The image's hash TLV, 32 bytes.
    package var hash: [UInt8]
    package var isBootable: Bool
    package var length: Int
    /// Major, minor, revision, build: the order of MCUboot versions.
    package var rank: [UInt32]

    package init(version: String, hash: [UInt8], isBootable: Bool, length: Int, rank: [UInt32] = [0, 0, 0, 0]) {
        self.version = version
        self.hash = hash
        self.isBootable = isBootable
        self.length = length
        self.rank = rank
    }

    /// Reads the image header, 32 bytes little endian, and the TLV areas behind the image: MCUboot, docs/design.md.
    package init(file: [UInt8]) {
        let reader = LittleEndianReader(bytes: file)
        guard let rank = Self.rank(inHeader: file),
            let headerLength = reader.integer(at: 8, as: UInt16.self),
            let protectedLength = reader.integer(at: 10, as: UInt16.self),
            let imageLength = reader.integer(at: 12, as: UInt32.self),
            let hash = Self.hash(in: reader, at: Int(headerLength) + Int(imageLength) + Int(protectedLength))
        else {
            self.init(
                version: "0.0.0", hash: Array(SHA256.hash(data: file)), isBootable: false, length: file.count)
            return
        }
        let build = rank[3] == 0 ? "" : ".\(rank[3])"
        self.init(
            version: "\(rank[0]).\(rank[1]).\(rank[2])\(build)", hash: hash, isBootable: true, length: file.count,
            rank: rank)
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
    private static let areaHeaderLength = 4
    private static let entryHeaderLength = 4
    private static let hashType: UInt16 = 0x10

    /// The SHA-256 entry of the unprotected TLV area at `start`.
    private static func hash(in reader: LittleEndianReader, at start: Int) -> [UInt8]? {
        guard reader.integer(at: start, as: UInt16.self) == areaMagic,
            let areaLength = reader.integer(at: start + 2, as: UInt16.self)
        else { return nil }
        let end = start + Int(areaLength)
        var offset = start + areaHeaderLength
        // Each round passes at least an entry's header, so the area's 16-bit length bounds the loop.
        while offset < end, let type = reader.integer(at: offset, as: UInt16.self),
            let length = reader.integer(at: offset + 2, as: UInt16.self)
        {
            let value = offset + entryHeaderLength
            if type == hashType { return reader.bytes(at: value, count: Int(length)) }
            offset = value + Int(length)
        }
        return nil
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
