/// Where everything in an image is. Every length was compared with what is really there.
struct ImageLayout {
    private static let areaMagic: UInt16 = 0x6907
    private static let protectedAreaMagic: UInt16 = 0x6908
    private static let areaHeadLength = 4
    private static let entryHeadLength = 4

    let header: ImageHeader
    /// Bytes that the hash covers: header, padding, payload and protected TLVs.
    let signedLength: Int
    let protectedTLVs: [ImageTLV]
    let tlvs: [ImageTLV]
    /// Bytes of the image, with all TLVs and without what pads the file.
    let imageLength: Int
    let trailer: ImageTrailer

    init(_ bytes: [UInt8]) throws(ImageRefusal) {
        header = try ImageHeader(bytes)
        // Int has 64 bits, the header's numbers at most 32: these sums cannot overflow.
        let payloadEnd = header.length + header.payloadLength
        guard payloadEnd + Self.areaHeadLength <= bytes.count else {
            throw .beyondFile(needed: payloadEnd + Self.areaHeadLength, length: bytes.count)
        }
        let isProtected = bytes.littleEndian16(at: payloadEnd) == Self.protectedAreaMagic
        guard isProtected == (header.protectedAreaLength > 0) else {
            throw .protectedAreaWrong(inHeader: header.protectedAreaLength, found: isProtected ? nil : 0)
        }
        if isProtected {
            let area = try Self.area(of: bytes, at: payloadEnd, magic: Self.protectedAreaMagic)
            guard area.count == header.protectedAreaLength else {
                throw .protectedAreaWrong(inHeader: header.protectedAreaLength, found: area.count)
            }
            protectedTLVs = try Self.entries(of: bytes, in: area)
            signedLength = area.upperBound
        } else {
            protectedTLVs = []
            signedLength = payloadEnd
        }
        let area = try Self.area(of: bytes, at: signedLength, magic: Self.areaMagic)
        tlvs = try Self.entries(of: bytes, in: area)
        imageLength = area.upperBound
        trailer = try ImageTrailer(bytes, from: imageLength)
    }

    /// The area that begins at `offset`, with its head.
    private static func area(
        of bytes: [UInt8], at offset: Int, magic: UInt16
    ) throws(ImageRefusal) -> Range<Int> {
        guard offset + areaHeadLength <= bytes.count else {
            throw .beyondFile(needed: offset + areaHeadLength, length: bytes.count)
        }
        let found = bytes.littleEndian16(at: offset)
        guard found == magic else { throw .areaMagicWrong(found, offset: offset) }
        let length = Int(bytes.littleEndian16(at: offset + 2))
        guard length >= areaHeadLength else { throw .areaLengthWrong(length, offset: offset) }
        guard offset + length <= bytes.count else { throw .beyondFile(needed: offset + length, length: bytes.count) }
        return offset..<(offset + length)
    }

    private static func entries(of bytes: [UInt8], in area: Range<Int>) throws(ImageRefusal) -> [ImageTLV] {
        var entries: [ImageTLV] = []
        var offset = area.lowerBound + areaHeadLength
        while offset < area.upperBound {
            let dataOffset = offset + entryHeadLength
            guard dataOffset <= area.upperBound else { throw .tlvBeyondArea(offset: offset) }
            let end = dataOffset + Int(bytes.littleEndian16(at: offset + 2))
            guard end <= area.upperBound else { throw .tlvBeyondArea(offset: offset) }
            entries.append(
                ImageTLV(
                    type: ImageTLVType(rawValue: bytes.littleEndian16(at: offset)), data: Array(bytes[dataOffset..<end])
                ))
            offset = end
        }
        return entries
    }
}
