package import CORProtocol
package import SMPProtocol

/// The two MCUboot slots of the device: what runs, and what an upload put beside it.
package struct ImageSlots: Sendable {
    /// What came of one chunk.
    package enum Progress: Sendable, Hashable {
        /// The next byte wanted: also the answer to a chunk that was not the next one.
        case wants(offset: UInt32)
        /// - Parameter receivedCount: bytes that came for it in all.
        case completed(ImageSummary, offset: UInt32, digestMatches: Bool?, receivedCount: Int)
    }

    package private(set) var memory: ImageMemory
    /// Bytes of each slot.
    package let slotLength: Int
    /// The boot loader itself speaks, and takes an image into the first slot.
    package private(set) var isInRecovery = false
    private let key: BootKey?
    private var upload: ImageUpload?

    package init(_ memory: ImageMemory, slotLength: Int, key: BootKey? = nil) {
        self.memory = memory
        self.slotLength = slotLength
        self.key = key
    }

    package var primary: ImageSummary { memory.primary }
    package var secondary: ImageSummary? { memory.secondary }

    /// Takes a chunk of an upload.
    package mutating func receive(_ request: ImageUploadRequest) throws(ImageRefusal) -> Progress {
        if let first = request.first {
            if let upload, let digest = first.digest, digest == upload.first.digest,
                first.length == upload.first.length, !upload.bytes.isEmpty
            {
                // The same file as before: it goes on where it stopped.
                self.upload?.noteReceived(request.data.count)
                return .wants(offset: UInt32(upload.bytes.count))
            }
            try begin(first, data: request.data)
        }
        upload?.noteReceived(request.data.count)
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
        guard memory.mark == .none, memory.isConfirmed else { throw .noFreeSlot }
        memory.secondary = nil
        upload = nil
    }

    /// Marks an image as a state write asks; without a hash, the running one.
    package mutating func mark(hash: [UInt8]?, confirm: Bool) throws(ImageRefusal) {
        guard let hash else {
            guard confirm else { throw .invalidHash }
            return confirmRunning()
        }
        if let secondary = memory.secondary, secondary.hash == hash {
            // What an image on trial would fall back to is not given away.
            guard memory.isConfirmed else { throw .noFreeSlot }
            memory.mark = confirm ? .permanent : .test
        } else if hash == memory.primary.hash {
            guard confirm else { throw .testOfRunningDenied }
            confirmRunning()
        } else {
            throw .hashNotFound
        }
    }

    private mutating func confirmRunning() {
        guard !memory.isConfirmed else { return }
        memory.isConfirmed = true
        BootLoader.raiseCounter(&memory)
    }

    /// The boot loader's part of a start. What has arrived of an upload is in the flash and stays, unless `forgets`.
    package mutating func start(inRecovery wantsRecovery: Bool, forgetsUpload: Bool) -> BootLoader.Outcome {
        if forgetsUpload { upload = nil }
        let outcome = BootLoader.start(&memory)
        isInRecovery = wantsRecovery || outcome == .recovery
        return outcome
    }

    package var state: ImageStateResponse {
        var slots = [
            ImageSlot(
                slot: 0, version: primary.version, hash: primary.hash, isBootable: primary.isBootable,
                isConfirmed: memory.isConfirmed, isActive: true)
        ]
        if let secondary {
            slots.append(
                ImageSlot(
                    slot: 1, version: secondary.version, hash: secondary.hash, isBootable: secondary.isBootable,
                    isPending: memory.mark != .none, isConfirmed: !memory.isConfirmed,
                    isPermanent: memory.mark == .permanent))
        }
        return ImageStateResponse(slots: slots, splitStatus: 0)
    }

    /// What a state report says of the slots.
    ///
    /// - Parameter uptime: milliseconds since the device's boot.
    package func deviceState(uptime: UInt64) -> DeviceState {
        let spareState: SlotState = memory.mark == .none ? .idle : .marked
        return DeviceState(
            running: Self.slotImage(primary, memory.isConfirmed ? .confirmed : .onTrial),
            spare: secondary.map { Self.slotImage($0, memory.isConfirmed ? spareState : .confirmed) },
            securityCounter: memory.securityCounter, imageLengthMax: UInt32(slotLength), uptimeMilliseconds: uptime,
            undone: memory.undone)
    }

    private static func slotImage(_ image: ImageSummary, _ state: SlotState) -> SlotImage {
        SlotImage(hash: SHA256Hash(bytes: image.hash) ?? .zero, version: image.version, state: state)
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
        guard memory.mark == .none else { throw .alreadyPending }
        guard memory.isConfirmed || isInRecovery else { throw .noFreeSlot }
        if first.upgrade == true {
            guard let rank = ImageSummary.rank(inHeader: data), primary.rank.lexicographicallyPrecedes(rank) else {
                throw .runningIsNewer
            }
        }
        if !isInRecovery { memory.secondary = nil }
        upload = ImageUpload(first: first)
    }

    /// A file with another digest than announced does not enter the slot.
    private mutating func finish(_ upload: ImageUpload) -> Progress {
        let summary = ImageSummary(file: upload.bytes, key: key)
        let matches = upload.digestMatches
        if matches != false {
            if isInRecovery {
                memory.primary = summary
                memory.isConfirmed = true
            } else {
                memory.secondary = summary
            }
        }
        return .completed(
            summary, offset: UInt32(upload.bytes.count), digestMatches: matches,
            receivedCount: upload.receivedCount)
    }
}
