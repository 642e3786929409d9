/// What every image begins with: 32 bytes, little-endian (MCUboot: image.h, `struct image_header`).
package struct ImageHeader: Sendable, Hashable {
    package static let byteCount = 32
    static let magic: UInt32 = 0x96F3_B83D

    /// The address of the flash that the image was linked for, with `.romFixed`; else 0.
    package let loadAddress: UInt32
    /// Bytes from the file's start to the payload, padding included.
    package let length: Int
    /// Bytes of the protected TLV area with its own head; 0 where there is none.
    package let protectedAreaLength: Int
    package let payloadLength: Int
    package let flags: ImageFlags
    package let version: ImageVersion

    /// Reads and judges what the header alone tells.
    init(_ bytes: [UInt8]) throws(ImageRefusal) {
        guard bytes.count >= Self.byteCount else { throw .tooShort(length: bytes.count) }
        let magic = bytes.littleEndian32(at: 0)
        guard magic == Self.magic else { throw .magicWrong(magic) }
        loadAddress = bytes.littleEndian32(at: 4)
        length = Int(bytes.littleEndian16(at: 8))
        protectedAreaLength = Int(bytes.littleEndian16(at: 10))
        payloadLength = Int(bytes.littleEndian32(at: 12))
        flags = ImageFlags(rawValue: bytes.littleEndian32(at: 16))
        version = ImageVersion(
            major: bytes[20], minor: bytes[21], revision: bytes.littleEndian16(at: 22),
            build: bytes.littleEndian32(at: 24))
        guard length >= Self.byteCount else { throw .headerLengthWrong(length) }
        guard bytes.littleEndian32(at: 28) == 0 else { throw .reservedFieldInUse }
        guard payloadLength > 0 else { throw .payloadEmpty }
        try Self.check(flags, loadAddress: loadAddress)
    }

    private static func check(_ flags: ImageFlags, loadAddress: UInt32) throws(ImageRefusal) {
        let foreign = flags.subtracting(.supported)
        guard foreign.isEmpty else { throw .flagsUnsupported(foreign) }
        guard !flags.isSuperset(of: .encryption) else { throw .encryptionAmbiguous }
        guard loadAddress == 0 || flags.contains(.romFixed) else { throw .loadAddressWithoutFlag(loadAddress) }
    }
}

extension [UInt8] {
    /// The caller has made sure that the bytes are there.
    func littleEndian16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
    }

    /// The caller has made sure that the bytes are there.
    func littleEndian32(at offset: Int) -> UInt32 {
        UInt32(littleEndian16(at: offset)) | UInt32(littleEndian16(at: offset + 2)) << 16
    }
}
