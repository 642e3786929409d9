/// Why an image is not sent to a device. Every case has a code for programs (docs/firmware.md has the table).
package enum ImageRefusal: Error, Sendable, Hashable {
    // Layout.
    case tooShort(length: Int)
    case magicWrong(UInt32)
    case headerLengthWrong(Int)
    case reservedFieldInUse
    case payloadEmpty
    case flagsUnsupported(ImageFlags)
    case loadAddressWithoutFlag(UInt32)
    /// Something would end behind the end of the file.
    case beyondFile(needed: Int, length: Int)
    /// The header's size of the protected area, and the area's own; `found` is nil for an area that the header denies.
    case protectedAreaWrong(inHeader: Int, found: Int?)
    case areaMagicWrong(UInt16, offset: Int)
    case areaLengthWrong(Int, offset: Int)
    case tlvBeyondArea(offset: Int)
    case trailingBytes(count: Int)
    case trailerMalformed(offset: Int)
    case trailerMisplaced(length: Int, slotLength: Int)

    // TLVs.
    case tlvUnknown(ImageTLVType, isProtected: Bool)
    /// It means something only under the signature, and stands outside of it.
    case tlvUnsigned(ImageTLVType)
    case tlvRepeated(ImageTLVType)
    case tlvLengthWrong(ImageTLVType, length: Int)

    // Encryption.
    case encryptionAmbiguous
    case wrappedKeyMissing
    case wrappedKeyWithoutFlag
    /// Only a hash of the whole file could say that the payload is the maker's, and there is none.
    case encryptedWithoutFileHash

    // Hash and signatures.
    case fileHashWrong
    case hashMissing
    case hashTypeUnsupported(ImageTLVType)
    case hashWrong
    case signatureMissing
    case signatureWithoutKey
    case keyWithoutSignature
    case keyEmbedded
    /// The SHA-256 of a key that is not among the allowed ones.
    case keyNotAllowed([UInt8])
    case signatureTypeUnsupported(ImageTLVType)
    /// The key is of another kind than the signature.
    case signatureTypeMismatch(ImageTLVType)
    case pureSignature
    case signatureMalformed(String)
    case signatureWrong
    /// Two signatures by one key.
    case signatureRepeated

    // Policy: the image is sound, and not for this device.
    case slotTooSmall(imageLength: Int, available: Int)
    case downgrade(ImageVersion, running: ImageVersion)
    case securityCounterMissing(device: UInt32)
    case securityCounterTooLow(UInt32, device: UInt32)
    /// `found` is nil where the device has no such image.
    case dependencyUnmet(image: UInt8, versionMin: ImageVersion, found: ImageVersion?)
    case vendorMismatch
    case classMismatch
    /// The image runs at one address only, and the slot is at another.
    case addressMismatch(UInt32, device: UInt32)
}
