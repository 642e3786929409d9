/// What is known of the device that an image is for. What is nil is not compared, but for dependencies: an image that needs another
/// one needs to know that it is there.
package struct DeviceFirmware: Sendable, Hashable {
    /// The version that runs.
    package var version: ImageVersion?
    package var securityCounter: UInt32?
    /// The versions of its images, by their number.
    package var images: [UInt8: ImageVersion]
    /// 16 bytes.
    package var vendorUUID: [UInt8]?
    /// 16 bytes.
    package var classUUID: [UInt8]?
    /// Where the slot that images run from begins.
    package var slotAddress: UInt32?

    package init(
        version: ImageVersion? = nil, securityCounter: UInt32? = nil, images: [UInt8: ImageVersion] = [:],
        vendorUUID: [UInt8]? = nil, classUUID: [UInt8]? = nil, slotAddress: UInt32? = nil
    ) {
        self.version = version
        self.securityCounter = securityCounter
        self.images = images
        self.vendorUUID = vendorUUID
        self.classUUID = classUUID
        self.slotAddress = slotAddress
    }
}
