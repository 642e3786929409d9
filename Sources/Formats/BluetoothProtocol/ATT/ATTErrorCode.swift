/// Why a peer refused an ATT request. Source: Core Specification, volume 3, part F, §3.4.1.1.
package struct ATTErrorCode: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let invalidHandle = Self(rawValue: 0x01)
    package static let insufficientAuthentication = Self(rawValue: 0x05)
    package static let requestNotSupported = Self(rawValue: 0x06)
    package static let attributeNotFound = Self(rawValue: 0x0A)
    package static let insufficientEncryption = Self(rawValue: 0x0F)
}
