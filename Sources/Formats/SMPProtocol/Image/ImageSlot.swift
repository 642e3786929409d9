import CBORCoding

/// What one slot holds. A flag that the device leaves out is false.
package struct ImageSlot: Sendable, Hashable {
    /// 32 bytes for SHA-256, 64 for SHA-512.
    package static let hashLengthMax = 64

    /// Which image of a device with several; 0 where the device does not say.
    package var image: UInt32
    /// 0 is the primary slot, 1 the secondary.
    package var slot: UInt32
    package var version: String
    /// The image's hash TLV.
    package var hash: [UInt8]?
    package var isBootable: Bool
    /// Runs at the next start.
    package var isPending: Bool
    package var isConfirmed: Bool
    /// Runs now.
    package var isActive: Bool
    /// Pending, and confirmed already.
    package var isPermanent: Bool

    package init(
        image: UInt32 = 0, slot: UInt32, version: String, hash: [UInt8]?, isBootable: Bool = true,
        isPending: Bool = false, isConfirmed: Bool = false, isActive: Bool = false, isPermanent: Bool = false
    ) {
        self.image = image
        self.slot = slot
        self.version = version
        self.hash = hash
        self.isBootable = isBootable
        self.isPending = isPending
        self.isConfirmed = isConfirmed
        self.isActive = isActive
        self.isPermanent = isPermanent
    }

    init(_ value: CBORValue) throws(SMPError) {
        guard case .map = value else { throw .fieldTypeWrong("images") }
        let fields = try SMPFields(value)
        image = try fields.integerIfPresent("image") ?? 0
        slot = try fields.integer("slot")
        version = try fields.text("version")
        hash = try fields.bytesIfPresent("hash")
        guard hash.map({ $0.count <= Self.hashLengthMax }) ?? true else { throw .fieldOutOfRange("hash") }
        isBootable = try fields.boolIfPresent("bootable") ?? false
        isPending = try fields.boolIfPresent("pending") ?? false
        isConfirmed = try fields.boolIfPresent("confirmed") ?? false
        isActive = try fields.boolIfPresent("active") ?? false
        isPermanent = try fields.boolIfPresent("permanent") ?? false
    }

    var value: CBORValue {
        .fields([
            "image": .integer(Int64(image)),
            "slot": .integer(Int64(slot)),
            "version": .text(version),
            "hash": hash.map(CBORValue.bytes),
            "bootable": .bool(isBootable),
            "pending": .bool(isPending),
            "confirmed": .bool(isConfirmed),
            "active": .bool(isActive),
            "permanent": .bool(isPermanent),
        ])
    }
}
