/// What the kernel says of a connected socket's security.
package struct LinkSecurity: Sendable, Hashable {
    /// BT_SECURITY's numbers: 1 low, 2 medium, 3 high (authenticated), 4 FIPS (authenticated Secure Connections).
    package static let levelLow: UInt8 = 1
    package static let levelNeeded: UInt8 = 4
    package static let keySizeNeeded: UInt8 = 16

    package var level: UInt8
    /// Bytes; 0 while the link is not encrypted.
    package var keySize: UInt8
    /// Of the socket, by SO_ERROR or because it hung up; 0 where there is none.
    package var errorCode: Int32

    package init(level: UInt8, keySize: UInt8, errorCode: Int32) {
        self.level = level
        self.keySize = keySize
        self.errorCode = errorCode
    }

    /// The level alone proves nothing: after a failed raise the kernel shows the level that was asked for, with a key
    /// of size 0.
    package var isEnough: Bool {
        level >= Self.levelNeeded && keySize == Self.keySizeNeeded && errorCode == 0
    }
}
