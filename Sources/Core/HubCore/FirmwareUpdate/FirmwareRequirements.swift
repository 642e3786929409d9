package import MCUbootImage

/// Which devices an image is for, as its release says. What is nil or empty is not compared.
package struct FirmwareRequirements: Sendable, Hashable {
    /// As the device's identity names it.
    package var model: String?
    package var hardwareRevisions: [String]
    /// The running version must lie in one of these.
    package var fromVersions: [ClosedRange<ImageVersion>]
    /// Per cent; without external power the device needs at least this much. The hub's own minimum holds beside it.
    package var batteryPercentMin: UInt8
    /// No later release may be installed on a device that has not had this one. Whoever chooses offers looks at it.
    package var isMustPassThrough: Bool

    package init(
        model: String? = nil, hardwareRevisions: [String] = [], fromVersions: [ClosedRange<ImageVersion>] = [],
        batteryPercentMin: UInt8 = 0, isMustPassThrough: Bool = false
    ) {
        self.model = model
        self.hardwareRevisions = hardwareRevisions
        self.fromVersions = fromVersions
        self.batteryPercentMin = batteryPercentMin
        self.isMustPassThrough = isMustPassThrough
    }
}
