// modules: CBORCoding COSESigning Crypto
import COSESigning
import Crypto

/// The base points of both curves: keys for which no input holds a signature.
private let keys: [COSEPublicKey] = {
    let p256: [UInt8] = [
        0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2,
        0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96,
        0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16,
        0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5,
    ]
    let ed25519: [UInt8] = [0x58] + Array(repeating: 0x66, count: 31)
    guard let p256 = try? P256.Signing.PublicKey(rawRepresentation: p256),
        let ed25519 = try? Curve25519.Signing.PublicKey(rawRepresentation: ed25519)
    else { preconditionFailure("the base points are no keys") }
    return [.p256(p256), .ed25519(ed25519)]
}()

/// No input traps; what is read is exactly what we encode; a key that has signed nothing verifies nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCOSE(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let message = try? COSESign1(decoding: bytes) else { return 0 }
    precondition(message.encoded() == bytes, "a message that we would encode otherwise")
    for key in keys {
        precondition(!message.verification(externalAAD: [], key: key).isValid, "a forged signature")
    }
    return 0
}
