package import SMPProtocol

/// The two MCUboot slots of the device: what runs, and what an upload put beside it.
///
/// The marks are kept and shown; exchanging the slots at the next start is not part of this model yet, so a pending image
/// stays pending.
package struct ImageSlots: Sendable {
    /// What an image in the secondary slot waits for.
    package enum Mark: Sendable, Hashable {
        case none
        /// It runs once at the next start.
        case test
        /// It runs from the next start on.
        case permanent
    }

    /// What came of one chunk.
    package enum Progress: Sendable, Hashable {
        /// The next byte wanted: also the answer to a chunk that was not the next one.
        case wants(offset: UInt32)
        case completed(ImageSummary, offset: UInt32, digestMatches: Bool?)
    }

    package let primary: ImageSummary
    package private(set) var secondary: ImageSummary?
    package private(set) var mark = Mark.none
    /// Bytes of each slot.
    package let slotLength: Int
    private var upload: ImageUpload?

    package init(primary: ImageSummary, slotLength: Int) {
        self.primary = primary
        self.slotLength = slotLength
    }

    /// Takes a chunk of an upload.
    package mutating func receive(_ request: ImageUploadRequest) throws(ImageRefusal) -> Progress {
        if let first = request.first {
            if let upload, let digest = first.digest, digest == upload.first.digest,
                first.length == upload.first.length, !upload.bytes.isEmpty
            {
                // The same file as before: it goes on where it stopped.
                return .wants(offset: UInt32(upload.bytes.count))
            }
            try begin(first, data: request.data)
        }
        guard var current = upload, request.offset == UInt32(current.bytes.count) else {
            return .wants(offset: UInt32(upload?.bytes.count ?? 0))
        }
        // The bytes must have one owner, or each chunk would copy them all.
        upload = nil
        try current.append(request.data)
        guard current.isComplete else {
            let offset = UInt32(current.bytes.count)
            upload = current
            return .wants(offset: offset)
        }
        return finish(current)
    }

    /// How many bytes of the present upload have arrived; 0 when there is none.
    package var uploadedCount: Int {
        upload?.bytes.count ?? 0
    }

    /// Empties the secondary slot.
    package mutating func erase(slot: UInt32) throws(ImageRefusal) {
        guard slot == 1 else { throw .invalidSlot }
        guard mark == .none else { throw .noFreeSlot }
        secondary = nil
        upload = nil
    }

    /// Marks an image as a state write asks; without a hash, the running one.
    package mutating func mark(hash: [UInt8]?, confirm: Bool) throws(ImageRefusal) {
        guard let hash else {
            guard confirm else { throw .invalidHash }
            return  // The running image is confirmed already.
        }
        if let secondary, secondary.hash == hash {
            mark = confirm ? .permanent : .test
        } else if hash == primary.hash {
            guard confirm else { throw .testOfRunningDenied }
        } else {
            throw .hashNotFound
        }
    }

    /// A restart forgets an upload that was not complete.
    package mutating func restarted() {
        upload = nil
    }

    package var state: ImageStateResponse {
        var slots = [
            ImageSlot(
                slot: 0, version: primary.version, hash: primary.hash, isBootable: primary.isBootable,
                isConfirmed: true, isActive: true)
        ]
        if let secondary {
            slots.append(
                ImageSlot(
                    slot: 1, version: secondary.version, hash: secondary.hash, isBootable: secondary.isBootable,
                    isPending: mark != .none, isPermanent: mark == .permanent))
        }
        return ImageStateResponse(slots: slots, splitStatus: 0)
    }

    package var info: SlotInfoResponse {
        SlotInfoResponse(images: [
            .init(
                image: 0,
                slots: [
                    .init(slot: 0, size: UInt32(slotLength)),
                    .init(slot: 1, size: UInt32(slotLength), uploadImage: 0),
                ],
                imageSizeMax: UInt32(slotLength))
        ])
    }

    private mutating func begin(_ first: ImageUploadRequest.First, data: [UInt8]) throws(ImageRefusal) {
        guard first.image ?? 0 == 0 else { throw .invalidSlot }
        guard Int(first.length) <= slotLength else { throw .tooLarge }
        guard mark == .none else { throw .alreadyPending }
        if first.upgrade == true {
            guard let rank = ImageSummary.rank(inHeader: data), primary.rank.lexicographicallyPrecedes(rank) else {
                throw .runningIsNewer
            }
        }
        secondary = nil
        upload = ImageUpload(first: first)
    }

    /// A file with another digest than announced does not enter the slot.
    private mutating func finish(_ upload: ImageUpload) -> Progress {
        let summary = ImageSummary(file: upload.bytes)
        let matches = upload.digestMatches
        if matches != false { secondary = summary }
        return .completed(summary, offset: UInt32(upload.bytes.count), digestMatches: matches)
    }
}
