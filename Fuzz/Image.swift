// modules: TextEncodings MCUbootImage Crypto
import Crypto
import MCUbootImage

/// A key whose images are the only ones that count, and one of them.
private let maker: (policy: ImagePolicy, image: [UInt8]) = {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 7, count: 32)) else {
        preconditionFailure("no key")
    }
    let der: [UInt8] =
        [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + key.publicKey.rawRepresentation
    var image: [UInt8] =
        [0x3D, 0xB8, 0xF3, 0x96, 0, 0, 0, 0, 32, 0, 12, 0, 16, 0, 0, 0] + [UInt8](repeating: 0, count: 4)
    image += [1, 2, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0x5A, count: 16)
    image += [0x08, 0x69, 12, 0, 0x50, 0, 4, 0, 7, 0, 0, 0]
    let digest = Array(SHA256.hash(data: image))
    guard let signature = try? key.signature(for: digest), let allowed = try? ImageKey(der: der) else {
        preconditionFailure("no signature")
    }
    image += [0x07, 0x69, 144, 0, 0x10, 0, 32, 0] + digest
    image += [0x01, 0, 32, 0] + SHA256.hash(data: der) + [0x24, 0, 64, 0] + signature
    return (ImagePolicy(keys: [allowed]), image)
}()

private func isAccepted(_ bytes: [UInt8]) -> Bool {
    if case .accepted = ImageVerdict(of: bytes, under: maker.policy) { true } else { false }
}

/// No input traps; what the maker has not signed is refused, and so is what was signed with anything changed, cut or added.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    precondition(isAccepted(maker.image), "the maker's own image")
    precondition(bytes == maker.image || !isAccepted(bytes), "a forged image")
    // Pairs of a place and a value.
    var changed = maker.image
    for index in stride(from: 0, to: count - 1, by: 2) {
        changed[Int(bytes[index]) % changed.count] = bytes[index + 1]
    }
    precondition(changed == maker.image || !isAccepted(changed), "a changed image")
    precondition(bytes.isEmpty || !isAccepted(maker.image + bytes.prefix(64)), "an image with something behind it")
    _ = try? ImageKey(der: bytes)
    return 0
}
