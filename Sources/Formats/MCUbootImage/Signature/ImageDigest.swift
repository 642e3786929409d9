import Crypto

/// A SHA-256 digest that was computed or is only stated: of an encrypted image the hub knows no other.
struct ImageDigest: Digest {
    static let byteCount = 32

    let bytes: [UInt8]

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }

    func makeIterator() -> Array<UInt8>.Iterator {
        bytes.makeIterator()
    }

    var description: String { "SHA-256 digest" }
}
