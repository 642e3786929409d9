package import CBORCoding

/// Image group, command 6: the sizes of the slots.
package struct SlotInfoRequest: SMPRequest, Hashable {
    package typealias Response = SlotInfoResponse
    package static let group = SMPGroup.image
    package static let command: UInt8 = 6

    package init() {}

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .read else { throw Self.unexpected(operation) }
        _ = try SMPFields(payload)
    }

    package var operation: SMPOperation { .read }
    package var payload: CBORValue { .map([]) }
}

package struct SlotInfoResponse: SMPResponse, Hashable {
    package struct Slot: Sendable, Hashable {
        package var slot: UInt32
        /// Bytes; nil where the device could not tell.
        package var size: UInt32?
        /// The image number by which an upload reaches this slot.
        package var uploadImage: UInt32?

        package init(slot: UInt32, size: UInt32?, uploadImage: UInt32? = nil) {
            self.slot = slot
            self.size = size
            self.uploadImage = uploadImage
        }
    }

    package struct Image: Sendable, Hashable {
        package var image: UInt32
        package var slots: [Slot]
        /// Bytes of the largest file that the image's slots take.
        package var imageSizeMax: UInt32?

        package init(image: UInt32, slots: [Slot], imageSizeMax: UInt32? = nil) {
            self.image = image
            self.slots = slots
            self.imageSizeMax = imageSizeMax
        }
    }

    package var images: [Image]

    package init(images: [Image]) {
        self.images = images
    }

    package init(payload: CBORValue) throws(SMPError) {
        var images: [Image] = []
        for item in try Self.bounded(try SMPFields(payload).array("images"), name: "images") {
            let fields = try SMPFields(item)
            var slots: [Slot] = []
            for slotItem in try Self.bounded(try fields.array("slots"), name: "slots") {
                let slot = try SMPFields(slotItem)
                slots.append(
                    Slot(
                        slot: try slot.integer("slot"), size: try slot.integerIfPresent("size"),
                        uploadImage: try slot.integerIfPresent("upload_image_id")))
            }
            images.append(
                Image(
                    image: try fields.integer("image"), slots: slots,
                    imageSizeMax: try fields.integerIfPresent("max_image_size")))
        }
        self.images = images
    }

    package var payload: CBORValue {
        .fields([
            "images": .array(
                images.map { image in
                    .fields([
                        "image": .integer(Int64(image.image)),
                        "slots": .array(image.slots.map(Self.value)),
                        "max_image_size": image.imageSizeMax.map { .integer(Int64($0)) },
                    ])
                })
        ])
    }

    private static func value(_ slot: Slot) -> CBORValue {
        .fields([
            "slot": .integer(Int64(slot.slot)),
            "size": slot.size.map { .integer(Int64($0)) },
            "upload_image_id": slot.uploadImage.map { .integer(Int64($0)) },
        ])
    }

    private static func bounded(_ items: [CBORValue], name: String) throws(SMPError) -> [CBORValue] {
        guard items.count <= ImageStateResponse.slotCountMax else { throw .fieldOutOfRange(name) }
        return items
    }
}
