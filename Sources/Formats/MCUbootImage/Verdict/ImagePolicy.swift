/// What an image is held to besides its own soundness.
package struct ImagePolicy: Sendable {
    /// What MCUboot keeps for itself at a slot's end with writes of 8 bytes and 128 sectors, which is what imgtool reckons with:
    /// three writes a sector, four flags and 16 bytes of magic.
    package static let trailerLengthDefault = 128 * 3 * 8 + 4 * 8 + 16

    /// Keys of which one has signed, and of which every signature must be.
    package var keys: [ImageKey]
    /// Bytes of the slot; nil where it is not known.
    package var slotLength: Int?
    /// Bytes at the slot's end that no image may take.
    package var trailerLength: Int
    /// SHA-256 of the whole file, from signed metadata: 32 bytes. An encrypted image is not accepted without.
    package var fileHash: [UInt8]?
    /// nil judges the image without any device.
    package var device: DeviceFirmware?
    /// A signed rollout may go back to an older version; the security counter holds nevertheless.
    package var allowsDowngrade: Bool

    package init(
        keys: [ImageKey], slotLength: Int? = nil, trailerLength: Int = ImagePolicy.trailerLengthDefault,
        fileHash: [UInt8]? = nil, device: DeviceFirmware? = nil, allowsDowngrade: Bool = false
    ) {
        self.keys = keys
        self.slotLength = slotLength
        self.trailerLength = trailerLength
        self.fileHash = fileHash
        self.device = device
        self.allowsDowngrade = allowsDowngrade
    }

    /// Whether a sound image is one for this slot and device.
    func check(_ header: ImageHeader, _ facts: ProtectedFacts, imageLength: Int) throws(ImageRefusal) {
        if let slotLength {
            let available = max(0, slotLength - trailerLength)
            guard imageLength <= available else {
                throw .slotTooSmall(imageLength: imageLength, available: available)
            }
        }
        guard let device else { return }
        if header.flags.contains(.romFixed), let address = device.slotAddress {
            // In a slot that is somewhere else the image would start and crash.
            guard header.loadAddress == address else { throw .addressMismatch(header.loadAddress, device: address) }
        }
        if let counter = device.securityCounter {
            guard let offered = facts.securityCounter else { throw .securityCounterMissing(device: counter) }
            guard offered >= counter else { throw .securityCounterTooLow(offered, device: counter) }
        }
        if let running = device.version, !allowsDowngrade, header.version < running {
            throw .downgrade(header.version, running: running)
        }
        for dependency in facts.dependencies {
            let found = device.images[dependency.image]
            guard let found, found >= dependency.versionMin else {
                throw .dependencyUnmet(image: dependency.image, versionMin: dependency.versionMin, found: found)
            }
        }
        // A device that compares these demands that they are there.
        guard device.vendorUUID == nil || device.vendorUUID == facts.vendorUUID else { throw .vendorMismatch }
        guard device.classUUID == nil || device.classUUID == facts.classUUID else { throw .classMismatch }
    }
}
