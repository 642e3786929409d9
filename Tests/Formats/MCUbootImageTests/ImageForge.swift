import Crypto

@testable import MCUbootImage

/// Makes images as imgtool lays them out, and any that it would not make.
///
/// What is wrong in an image is put in before it is signed, so that it has one defect and no other.
struct ImageForge {
    struct TLV {
        var type: UInt16
        var data: [UInt8]

        init(_ type: UInt16, _ data: [UInt8]) {
            self.type = type
            self.data = data
        }

        var encoded: [UInt8] { littleEndian(type) + littleEndian(UInt16(data.count)) + data }
    }

    enum Signer {
        case ed25519(Curve25519.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)

        var publicDER: [UInt8] {
            switch self {
            case .ed25519(let key):
                [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
                    + key.publicKey.rawRepresentation
            case .p256(let key): Array(key.publicKey.derRepresentation)
            }
        }

        var keyHash: TLV { TLV(0x01, Array(SHA256.hash(data: publicDER))) }

        func signature(over digest: [UInt8]) throws -> TLV {
            switch self {
            case .ed25519(let key): TLV(0x24, Array(try key.signature(for: digest)))
            case .p256(let key):
                TLV(0x22, Array(try key.signature(for: ImageDigest(bytes: digest)).derRepresentation))
            }
        }

        func key() throws -> ImageKey { try ImageKey(der: publicDER) }
    }

    static let payloadLength = 64

    var magic: UInt32 = 0x96F3_B83D
    var loadAddress: UInt32 = 0
    var headerLength: UInt16 = 32
    var headerPadding = 0
    var payload = (0..<UInt8(payloadLength)).map { $0 &* 7 }
    var flags: UInt32 = 0
    var version: [UInt8] = [1, 2, 3, 0, 4, 0, 0, 0]
    var reserved: UInt32 = 0
    var protected: [TLV] = []
    /// What the header says instead of the truth.
    var statedProtectedLength: UInt16?
    var statedPayloadLength: UInt32?
    var protectedMagic: UInt16 = 0x6908
    var areaMagic: UInt16 = 0x6907
    var statedAreaLength: UInt16?
    /// Bytes behind the image.
    var suffix: [UInt8] = []

    /// The bytes that the hash covers.
    var signedBytes: [UInt8] {
        let area = protected.flatMap(\.encoded)
        let areaLength = protected.isEmpty ? 0 : UInt16(4 + area.count)
        var bytes = littleEndian(magic) + littleEndian(loadAddress) + littleEndian(headerLength)
        bytes += littleEndian(statedProtectedLength ?? areaLength)
        bytes += littleEndian(statedPayloadLength ?? UInt32(payload.count)) + littleEndian(flags) + version
        bytes += littleEndian(reserved) + [UInt8](repeating: 0xFF, count: headerPadding) + payload
        if !protected.isEmpty { bytes += littleEndian(protectedMagic) + littleEndian(areaLength) + area }
        return bytes
    }

    var digest: [UInt8] { Array(SHA256.hash(data: signedBytes)) }

    /// Hash, key and signature, as imgtool orders them.
    func credentials(_ signer: Signer) throws -> [TLV] {
        [TLV(0x10, digest), signer.keyHash, try signer.signature(over: digest)]
    }

    func image(_ tlvs: [TLV]) -> [UInt8] {
        let area = tlvs.flatMap(\.encoded)
        return signedBytes + littleEndian(areaMagic) + littleEndian(statedAreaLength ?? UInt16(4 + area.count)) + area
            + suffix
    }

    func image(signedBy signer: Signer) throws -> [UInt8] {
        image(try credentials(signer))
    }

    /// A trailer as imgtool --pad writes it.
    static func trailer(padding: Int, imageOK: UInt8 = 0xFF, writeLength: Int = 8) -> [UInt8] {
        let magic: [UInt8] =
            writeLength == 8
            ? [0x77, 0xC2, 0x95, 0xF3, 0x60, 0xD2, 0xEF, 0x7F, 0x35, 0x52, 0x50, 0x0F, 0x2C, 0xB6, 0x79, 0x80]
            : littleEndian(UInt16(writeLength)) + [
                0x2D, 0xE1, 0x5D, 0x29, 0x41, 0x0B, 0x8D, 0x77, 0x67, 0x9C, 0x11, 0x0F, 0x1F, 0x8A,
            ]
        var bytes = [UInt8](repeating: 0xFF, count: padding) + [imageOK]
        bytes += [UInt8](repeating: 0xFF, count: writeLength - 1)
        bytes += [UInt8](repeating: 0xFF, count: (16 + writeLength - 1) / writeLength * writeLength - 16)
        return bytes + magic
    }
}

func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// The code of a refusal; "accepted" where there is none.
func code(_ verdict: ImageVerdict) -> String {
    switch verdict {
    case .accepted: "accepted"
    case .refused(let reason): reason.code
    }
}
