package import CBORCoding

/// Image group, command 1: one chunk of an image file.
package struct ImageUploadRequest: SMPRequest, Hashable {
    package typealias Response = ImageUploadResponse
    package static let group = SMPGroup.image
    package static let command: UInt8 = 1

    /// What the chunk at offset 0 says about the whole file, and no other chunk does.
    package struct First: Sendable, Hashable {
        /// Which image of a device with several.
        package var image: UInt32?
        /// Bytes of the whole file.
        package var length: UInt32
        /// SHA-256 of the whole file; the same at offset 0 resumes an upload.
        package var digest: [UInt8]?
        /// True asks the device to refuse an image that is not newer.
        package var upgrade: Bool?

        package init(image: UInt32? = nil, length: UInt32, digest: [UInt8]?, upgrade: Bool? = nil) {
            self.image = image
            self.length = length
            self.digest = digest
            self.upgrade = upgrade
        }
    }

    package var first: First?
    package var offset: UInt32
    package var data: [UInt8]

    package init(first: First? = nil, offset: UInt32, data: [UInt8]) {
        self.first = first
        self.offset = offset
        self.data = data
    }

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .write else { throw Self.unexpected(operation) }
        let fields = try SMPFields(payload)
        offset = try fields.integer("off")
        data = try fields.bytesIfPresent("data") ?? []
        guard offset == 0 else {
            first = nil
            return
        }
        first = First(
            image: try fields.integerIfPresent("image"), length: try fields.integer("len"),
            digest: try fields.bytesIfPresent("sha"), upgrade: try fields.boolIfPresent("upgrade"))
    }

    package var operation: SMPOperation { .write }

    package var payload: CBORValue {
        .fields([
            "image": first?.image.map { .integer(Int64($0)) },
            "len": first.map { .integer(Int64($0.length)) },
            "off": .integer(Int64(offset)),
            "sha": first?.digest.map(CBORValue.bytes),
            "data": .bytes(data),
            "upgrade": first?.upgrade.map(CBORValue.bool),
        ])
    }

    /// Bytes of data that make the message with these first fields and offset fill `messageLengthMax` bytes, header
    /// included; 0 where not one fits.
    package static func dataLengthMax(first: First?, offset: UInt32, messageLengthMax: Int) -> Int {
        // The empty byte string has a head of one byte, already counted here.
        let bare = ImageUploadRequest(first: first, offset: offset, data: []).payload.encoded().count
        let room = messageLengthMax - SMPHeader.byteCount - bare
        // RFC 8949 §3: the head of a byte string is 1, 2, 3 or 5 bytes.
        let payloadRoom = min(room, Int(UInt16.max) - bare)
        for (headGrowth, lengthMax) in [(0, 23), (1, 255), (2, 65_535)] where payloadRoom - headGrowth <= lengthMax {
            return max(0, payloadRoom - headGrowth)
        }
        return 65_535 - bare - 2
    }
}

package struct ImageUploadResponse: SMPResponse, Hashable {
    /// The next byte that the device wants; it may be lower than what was sent.
    package var offset: UInt32
    /// With the last chunk: whether the file's digest was the one announced.
    package var match: Bool?

    package init(offset: UInt32, match: Bool? = nil) {
        self.offset = offset
        self.match = match
    }

    package init(payload: CBORValue) throws(SMPError) {
        let fields = try SMPFields(payload)
        offset = try fields.integer("off")
        match = try fields.boolIfPresent("match")
    }

    package var payload: CBORValue {
        .fields(["off": .integer(Int64(offset)), "match": match.map(CBORValue.bool)])
    }
}
