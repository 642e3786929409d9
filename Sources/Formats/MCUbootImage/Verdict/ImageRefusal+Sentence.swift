import TextEncodings

extension ImageRefusal: CustomStringConvertible {
    /// One line for people: what was expected and what was found.
    package var description: String {
        switch self {
        case .tooShort(let length): "the file has \(length) bytes, a header alone has \(ImageHeader.byteCount)"
        case .magicWrong(let magic):
            "the magic is \(hexadecimal(magic)), not \(hexadecimal(ImageHeader.magic)): no MCUboot image"
        case .headerLengthWrong(let length): "a header of \(length) bytes; at least \(ImageHeader.byteCount) are needed"
        case .reservedFieldInUse: "a reserved field is not 0"
        case .payloadEmpty: "the payload is empty"
        case .flagsUnsupported(let flags): "the flags \(hexadecimal(flags.rawValue)) are not supported"
        case .loadAddressWithoutFlag(let address):
            "a load address (\(hexadecimal(address))) without a flag that gives it a meaning"
        case .beyondFile(let needed, let length):
            "\(needed) bytes are needed by what the image says, the file has \(length)"
        case .protectedAreaWrong(let inHeader, let found):
            "the header says \(inHeader) bytes of protected TLVs, "
                + (found.map { "there are \($0)" } ?? "and there is an area")
        case .areaMagicWrong(let magic, let offset): "no TLV area at offset \(offset): \(hexadecimal(UInt32(magic)))"
        case .areaLengthWrong(let length, let offset):
            "the TLV area at offset \(offset) says that it has \(length) bytes"
        case .tlvBeyondArea(let offset): "the TLV at offset \(offset) ends behind its area"
        case .trailingBytes(let count): "\(count) bytes follow the image, and they are no trailer"
        case .trailerMalformed(let offset): "what pads the file is not erased flash and a trailer, at offset \(offset)"
        case .trailerMisplaced(let length, let slotLength):
            "a file padded to \(length) bytes, for a slot of \(slotLength)"
        case .tlvUnknown(let type, let isProtected):
            "a TLV of unknown type \(type) in the \(isProtected ? "protected" : "unprotected") area"
        case .tlvUnsigned(let type): "a TLV of type \(type) stands outside of what is signed"
        case .tlvRepeated(let type): "more than one TLV of type \(type)"
        case .tlvLengthWrong(let type, let length): "a TLV of type \(type) with \(length) bytes"
        case .encryptionAmbiguous: "both AES-128 and AES-256 are flagged"
        case .wrappedKeyMissing: "the image is flagged as encrypted and brings no key"
        case .wrappedKeyWithoutFlag: "the image brings a key for decryption and is not flagged as encrypted"
        case .encryptedWithoutFileHash:
            "the payload is encrypted: layout and signature are right, but that the payload is what was signed only a hash of "
                + "the file can tell, and there is none"
        case .fileHashWrong: "the file has another SHA-256 than it should"
        case .hashMissing: "there is no SHA-256 of the image"
        case .hashTypeUnsupported(let type): "the hash is of type \(type); the device knows SHA-256 (0x10)"
        case .hashWrong: "the image has another SHA-256 than it says"
        case .signatureMissing: "the image is not signed"
        case .signatureWithoutKey: "a signature without the hash of its key before it"
        case .keyWithoutSignature: "the hash of a key without its signature"
        case .keyEmbedded: "the image brings its own key; the device looks for one that it knows"
        case .keyNotAllowed(let hash): "signed by a key that is not allowed: \(hexadecimal(hash))"
        case .signatureTypeUnsupported(let type):
            "a signature of type \(type); the device knows Ed25519 (0x24) and ECDSA on P-256 (0x22)"
        case .signatureTypeMismatch(let type): "a signature of type \(type) by a key of another kind"
        case .pureSignature: "the signature is over the image and not over its SHA-256, which the device would look at"
        case .signatureMalformed(let reason): "the signature is malformed: \(reason)"
        case .signatureWrong: "the signature is not the key's over this image"
        case .signatureRepeated: "two signatures by one key"
        case .slotTooSmall(let imageLength, let available):
            "the image has \(imageLength) bytes, the slot takes \(available) beside the boot loader's own"
        case .downgrade(let version, let running): "version \(version) is older than \(running), which runs"
        case .securityCounterMissing(let device): "no security counter; the device's is \(device)"
        case .securityCounterTooLow(let counter, let device):
            "security counter \(counter) is lower than the device's \(device)"
        case .dependencyUnmet(let image, let versionMin, let found):
            "image \(image) has to be \(versionMin) or newer, "
                + (found.map { "and is \($0)" } ?? "and the device has none")
        case .vendorMismatch: "the image is not for devices of this vendor"
        case .classMismatch: "the image is not for devices of this class"
        case .addressMismatch(let address, let device):
            "the image runs at \(hexadecimal(address)) only, the slot is at \(hexadecimal(device))"
        }
    }

    private func hexadecimal(_ number: UInt32) -> String {
        "0x" + String(number, radix: 16)
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        Hexadecimal.text(of: bytes)
    }
}
