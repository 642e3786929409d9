import DeviceLinks
import HubCore
import JSONCoding
import SMPProtocol
import TextEncodings

// The image group's verbs.
extension SMPSession {
    func imageList() async throws(SMPProblem) -> SMPReport {
        report(try await request(ImageStateReadRequest()), status: .done)
    }

    func imageTest(_ hash: String) async throws(SMPProblem) -> SMPReport {
        let state = try await request(ImageStateReadRequest())
        let slot = try find(hash, in: state)
        guard !slot.isPending, !slot.isActive else { return report(state, status: .nothingToDo) }
        let answer = try await request(ImageStateWriteRequest(hash: slot.hash, confirm: false))
        return report(answer, status: .done)
    }

    func imageConfirm(_ hash: String?) async throws(SMPProblem) -> SMPReport {
        let state = try await request(ImageStateReadRequest())
        let slot: ImageSlot?
        if let hash {
            slot = try find(hash, in: state)
        } else {
            slot = state.slots.first { $0.isActive }
        }
        if let slot, slot.isConfirmed || slot.isPermanent { return report(state, status: .nothingToDo) }
        // Without a hash the device confirms what runs, whether or not it said which.
        let answer = try await request(
            ImageStateWriteRequest(hash: hash == nil ? nil : slot?.hash, confirm: true))
        return report(answer, status: .done)
    }

    func imageErase() async throws(SMPProblem) -> SMPReport {
        _ = try await request(
            ImageEraseRequest(), responseTimeout: max(timeout, Self.eraseTimeoutMin), attemptCountMax: 1)
        return SMPReport(lines: ["the secondary slot is erased"], result: ["erased": true])
    }

    func imageUpload(_ path: String) async throws(SMPProblem) -> SMPReport {
        let image = try ImageFile.read(path)
        let parameters = try await requestIfSupported(ParametersRequest()) ?? Self.parametersDefault
        let limits = ImageUploadLimits(
            messageLengthMax: link.messageLengthMax(bufferSize: Int(parameters.bufferSize)),
            windowMax: min(Int(parameters.bufferCount), SMPExchangeLimits.windowCeiling))
        let bar = ProgressBar(total: image.count)
        let clock = ContinuousClock()
        let start = clock.now
        let result = await upload(image, limits: limits, bar: bar)
        let microseconds = max(1, (clock.now - start).microseconds)
        bar.end()
        let outcome = try result.get()
        let bytesPerSecond = Int64(outcome.length - outcome.resumedOffset) * 1_000_000 / microseconds
        let resumed = outcome.resumedOffset > 0 ? ", resumed at \(outcome.resumedOffset)" : ""
        return SMPReport(
            lines: [
                "\(outcome.length) bytes are on the device\(resumed) "
                    + "(\(microseconds / 1_000) ms, \(bytesPerSecond / 1_000) kB/s)"
            ],
            result: [
                "length": .integer(Int64(outcome.length)),
                "resumed_offset": .integer(Int64(outcome.resumedOffset)),
                "match": outcome.match.map(JSONValue.bool) ?? .null,
                "duration_us": .integer(microseconds),
                "bytes_per_second": .integer(bytesPerSecond),
                "window": .integer(Int64(limits.windowMax)),
            ])
    }

    private func upload(
        _ image: [UInt8], limits: ImageUploadLimits, bar: ProgressBar
    ) async -> Result<ImageUploadOutcome, SMPProblem> {
        do throws(SMPUploadError) {
            return .success(
                try await client.upload(
                    image, imageNumber: imageNumber, upgrade: upgrade ? true : nil, limits: limits
                ) { offset in
                    bar.update(offset)
                })
        } catch {
            return .failure(SMPProblem(error))
        }
    }

    private func find(_ hash: String, in state: ImageStateResponse) throws(SMPProblem) -> ImageSlot {
        let matches = state.slots.filter { $0.hash.map { Hexadecimal.text(of: $0).hasPrefix(hash) } ?? false }
        guard let slot = matches.first else {
            throw SMPProblem(
                status: .notFound, code: "image-not-found",
                message: "no slot holds an image with the hash \(hash); \"image list\" shows those there are. "
                    + "It is the hash inside the image, not the file's")
        }
        guard Set(matches.map(\.hash)).count == 1 else {
            throw SMPProblem(
                status: .blocked, code: "image-ambiguous",
                message: "several images have a hash that begins with \(hash); write more of it")
        }
        // The same image may be in both slots; what is not running can be told to run.
        return matches.first { !$0.isActive } ?? slot
    }

    private func report(_ state: ImageStateResponse, status: ExitStatus) -> SMPReport {
        let notice = status == .nothingToDo ? ["nothing to do: it is so already"] : []
        return SMPReport(
            status: status,
            lines: notice + (state.slots.isEmpty ? ["no images"] : state.slots.map(Self.line)),
            result: ["images": .array(state.slots.map(Self.json))])
    }

    private static func line(_ slot: ImageSlot) -> String {
        let flags = [
            (slot.isActive, "active"), (slot.isConfirmed, "confirmed"), (slot.isPending, "pending"),
            (slot.isPermanent, "permanent"), (slot.isBootable, "bootable"),
        ].filter(\.0).map(\.1).joined(separator: ",")
        let hash = slot.hash.map { Hexadecimal.text(of: $0) } ?? "no hash"
        return "image \(slot.image) slot \(slot.slot)  \(slot.version.printable)  \(hash)  \(flags)"
    }

    private static func json(_ slot: ImageSlot) -> JSONValue {
        [
            "image": .integer(Int64(slot.image)),
            "slot": .integer(Int64(slot.slot)),
            "version": .string(slot.version),
            "hash": slot.hash.map { .string(Hexadecimal.text(of: $0)) } ?? .null,
            "active": .bool(slot.isActive),
            "confirmed": .bool(slot.isConfirmed),
            "pending": .bool(slot.isPending),
            "permanent": .bool(slot.isPermanent),
            "bootable": .bool(slot.isBootable),
        ]
    }
}
