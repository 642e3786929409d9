import SMPProtocol

/// Group 1: the MCUboot slots.
extension DeviceModel {
    mutating func respondImage(
        to message: SMPMessage, at now: Duration, effects: inout [DeviceEffect]
    ) throws(SMPFailure) -> SMPMessage {
        switch message.header.command {
        case ImageUploadRequest.command:
            let request = try message.decoded(ImageUploadRequest.self)
            let held = images.secondary
            let progress = try onImages { (images) throws(ImageRefusal) in try images.receive(request) }
            // The first part erases what the slot held: that is so behind a power cut, too.
            if held != nil, images.secondary == nil { effects.append(.persist(snapshot)) }
            drainBattery(by: request.data.count)
            return message.answered(uploadResponse(to: progress, at: now, effects: &effects))
        case ImageStateReadRequest.command where message.header.operation == .read:
            return message.answered(images.state)
        case ImageStateWriteRequest.command:
            let request = try message.decoded(ImageStateWriteRequest.self)
            try onImages { (images) throws(ImageRefusal) in
                try images.mark(hash: request.hash, confirm: request.confirm)
            }
            effects += [.persist(snapshot), .report(.imageMarked)]
            return message.answered(images.state)
        case ImageEraseRequest.command:
            let request = try message.decoded(ImageEraseRequest.self)
            try onImages { (images) throws(ImageRefusal) in try images.erase(slot: request.slot ?? 1) }
            effects.append(.persist(snapshot))
            return message.answered(EmptyResponse())
        case SlotInfoRequest.command where message.header.operation == .read:
            return message.answered(images.info)
        default:
            throw SMPFailure(.notSupported)
        }
    }

    private mutating func uploadResponse(
        to progress: ImageSlots.Progress, at now: Duration, effects: inout [DeviceEffect]
    ) -> ImageUploadResponse {
        switch progress {
        case .wants(let offset):
            if let limit = faults.quantity(of: .resetDuringUpload), Int(offset) >= limit {
                faults.clear(.resetDuringUpload)
                effects.append(.report(.faultStruck(.resetDuringUpload)))
                restart(at: now, effects: &effects)
            }
            return ImageUploadResponse(offset: offset)
        case .completed(let image, let offset, let digestMatches, let receivedCount):
            effects.append(.persist(snapshot))
            effects.append(
                .report(
                    .imageUploaded(
                        version: image.version, length: image.length, digestMatches: digestMatches,
                        receivedCount: receivedCount)))
            return ImageUploadResponse(offset: offset, match: digestMatches)
        }
    }

    /// Writing to the flash costs power: with `battery-drain=N` one per cent for N bytes.
    private mutating func drainBattery(by length: Int) {
        guard let each = faults.quantity(of: .batteryDrain), each > 0 else { return }
        drainedLength += length
        batteryPercent -= UInt8(clamping: min(drainedLength / each, Int(batteryPercent)))
        drainedLength %= each
    }

    private mutating func onImages<Value>(
        _ body: (inout ImageSlots) throws(ImageRefusal) -> Value
    ) throws(SMPFailure) -> Value {
        do throws(ImageRefusal) {
            return try body(&images)
        } catch {
            throw error.failure
        }
    }
}
