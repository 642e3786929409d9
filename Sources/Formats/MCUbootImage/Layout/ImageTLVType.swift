/// What a TLV holds (MCUboot: image.h, `IMAGE_TLV_…`).
package struct ImageTLVType: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let keyHash = ImageTLVType(rawValue: 0x01)
    package static let publicKey = ImageTLVType(rawValue: 0x02)
    package static let sha256 = ImageTLVType(rawValue: 0x10)
    package static let sha384 = ImageTLVType(rawValue: 0x11)
    package static let sha512 = ImageTLVType(rawValue: 0x12)
    package static let rsa2048 = ImageTLVType(rawValue: 0x20)
    package static let ecdsa224 = ImageTLVType(rawValue: 0x21)
    package static let ecdsa = ImageTLVType(rawValue: 0x22)
    package static let rsa3072 = ImageTLVType(rawValue: 0x23)
    package static let ed25519 = ImageTLVType(rawValue: 0x24)
    package static let pureSignature = ImageTLVType(rawValue: 0x25)
    package static let keyByRSA2048 = ImageTLVType(rawValue: 0x30)
    package static let keyByAESKeyWrap = ImageTLVType(rawValue: 0x31)
    package static let keyByECIESP256 = ImageTLVType(rawValue: 0x32)
    package static let keyByECIESX25519 = ImageTLVType(rawValue: 0x33)
    package static let keyByECIESX25519SHA512 = ImageTLVType(rawValue: 0x34)
    package static let dependency = ImageTLVType(rawValue: 0x40)
    package static let securityCounter = ImageTLVType(rawValue: 0x50)
    package static let bootRecord = ImageTLVType(rawValue: 0x60)
    package static let vendorUUID = ImageTLVType(rawValue: 0x74)
    package static let classUUID = ImageTLVType(rawValue: 0x75)

    /// xxA0 to xxFF are the makers' own; FFFF is MCUboot's "any" and stands in no image.
    var isVendorReserved: Bool { rawValue & 0xFF >= 0xA0 && rawValue != 0xFFFF }
}

extension ImageTLVType: CustomStringConvertible {
    package var description: String {
        let digits = String(rawValue, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, 2 - digits.count)) + digits
    }
}

/// One entry of a TLV area.
struct ImageTLV {
    let type: ImageTLVType
    let data: [UInt8]
}
