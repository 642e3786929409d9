/// What a controller can do, and what of it is on. Source: BlueZ, doc/mgmt-api, "Read Controller Information".
package struct ManagementSettings: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let powered = Self(rawValue: 1 << 0)
    package static let connectable = Self(rawValue: 1 << 1)
    package static let discoverable = Self(rawValue: 1 << 3)
    package static let bondable = Self(rawValue: 1 << 4)
    package static let classic = Self(rawValue: 1 << 7)
    package static let lowEnergy = Self(rawValue: 1 << 9)
    package static let advertising = Self(rawValue: 1 << 10)
    package static let secureConnections = Self(rawValue: 1 << 11)
    package static let debugKeys = Self(rawValue: 1 << 12)
    package static let privacy = Self(rawValue: 1 << 13)
    package static let staticAddress = Self(rawValue: 1 << 15)
}
