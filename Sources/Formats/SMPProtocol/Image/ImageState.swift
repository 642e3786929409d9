package import CBORCoding

/// Image group, command 0, read: the images in the device's slots.
package struct ImageStateReadRequest: SMPRequest, Hashable {
    package typealias Response = ImageStateResponse
    package static let group = SMPGroup.image
    package static let command: UInt8 = 0

    package init() {}

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .read else { throw Self.unexpected(operation) }
        _ = try SMPFields(payload)
    }

    package var operation: SMPOperation { .read }
    package var payload: CBORValue { .map([]) }
}

/// Image group, command 0, write: marks an image for test, or confirms it.
package struct ImageStateWriteRequest: SMPRequest, Hashable {
    package typealias Response = ImageStateResponse
    package static let group = SMPGroup.image
    package static let command: UInt8 = 0

    /// The image's hash TLV, not the file's hash. Nil, with `confirm`, means the running image.
    package var hash: [UInt8]?
    /// True makes the image permanent; false lets it run once, for test.
    package var confirm: Bool

    package init(hash: [UInt8]?, confirm: Bool) {
        self.hash = hash
        self.confirm = confirm
    }

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .write else { throw Self.unexpected(operation) }
        let fields = try SMPFields(payload)
        hash = try fields.bytesIfPresent("hash")
        confirm = try fields.boolIfPresent("confirm") ?? false
    }

    package var operation: SMPOperation { .write }

    package var payload: CBORValue {
        .fields(["hash": hash.map(CBORValue.bytes), "confirm": .bool(confirm)])
    }
}

/// The slots after a read or a write of the state.
package struct ImageStateResponse: SMPResponse, Hashable {
    package static let slotCountMax = 64

    package var slots: [ImageSlot]
    package var splitStatus: UInt32?

    package init(slots: [ImageSlot], splitStatus: UInt32? = nil) {
        self.slots = slots
        self.splitStatus = splitStatus
    }

    package init(payload: CBORValue) throws(SMPError) {
        let fields = try SMPFields(payload)
        let items = try fields.array("images")
        guard items.count <= Self.slotCountMax else { throw .fieldOutOfRange("images") }
        var slots: [ImageSlot] = []
        for item in items {
            slots.append(try ImageSlot(item))
        }
        self.slots = slots
        splitStatus = try fields.integerIfPresent("splitStatus")
    }

    package var payload: CBORValue {
        .fields([
            "images": .array(slots.map(\.value)), "splitStatus": splitStatus.map { .integer(Int64($0)) },
        ])
    }
}
