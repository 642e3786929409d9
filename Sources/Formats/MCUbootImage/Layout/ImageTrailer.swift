/// What follows an image in its file.
///
/// imgtool --pad fills the file up to its slot with erased bytes and writes there what MCUboot would find after a swap was asked
/// for. None of that is covered by hash or signature, so that it must be exactly this, and it is never uploaded.
package enum ImageTrailer: Sendable, Hashable {
    case none
    /// The boot loader would try the image once.
    case test
    /// The boot loader would keep the image without a trial (imgtool --confirm).
    case confirmed

    private static let magicLength = 16
    private static let erased: UInt8 = 0xFF
    private static let imageOK: UInt8 = 0x01
    /// For writes of up to 8 bytes (MCUboot: `boot_img_magic`).
    private static let magic: [UInt8] = [
        0x77, 0xC2, 0x95, 0xF3, 0x60, 0xD2, 0xEF, 0x7F, 0x35, 0x52, 0x50, 0x0F, 0x2C, 0xB6, 0x79, 0x80,
    ]
    /// For longer writes, behind their length in 2 bytes.
    private static let longMagicEnd: [UInt8] = [
        0x2D, 0xE1, 0x5D, 0x29, 0x41, 0x0B, 0x8D, 0x77, 0x67, 0x9C, 0x11, 0x0F, 0x1F, 0x8A,
    ]
    private static let writeLengths = [8, 16, 32]

    /// Reads what stands behind the image, from `offset` to the end of the file.
    init(_ bytes: [UInt8], from offset: Int) throws(ImageRefusal) {
        guard offset < bytes.count else {
            self = .none
            return
        }
        guard let writeLength = Self.writeLength(in: bytes, from: offset) else {
            throw .trailingBytes(count: bytes.count - offset)
        }
        // The magic is aligned to a write, and the flag is the first byte of the write before it.
        let magicArea = (Self.magicLength + writeLength - 1) / writeLength * writeLength
        let flagOffset = bytes.count - magicArea - writeLength
        guard flagOffset >= offset else { throw .trailerMalformed(offset: offset) }
        let flag = bytes[flagOffset]
        guard flag == Self.erased || flag == Self.imageOK else { throw .trailerMalformed(offset: flagOffset) }
        for index in offset..<(bytes.count - Self.magicLength) where index != flagOffset && bytes[index] != Self.erased
        {
            throw .trailerMalformed(offset: index)
        }
        self = flag == Self.imageOK ? .confirmed : .test
    }

    /// What the magic at the file's end says of the flash; nil where there is no magic.
    private static func writeLength(in bytes: [UInt8], from offset: Int) -> Int? {
        guard bytes.count - offset >= magicLength else { return nil }
        let found = bytes[(bytes.count - magicLength)...]
        if found.elementsEqual(magic) { return writeLengths[0] }
        guard found.dropFirst(2).elementsEqual(longMagicEnd) else { return nil }
        let length = Int(bytes.littleEndian16(at: bytes.count - magicLength))
        return writeLengths.dropFirst().contains(length) ? length : nil
    }
}
