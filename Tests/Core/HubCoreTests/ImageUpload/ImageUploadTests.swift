import HubCore
import SMPProtocol
import Testing

@Suite("The image upload")
struct ImageUploadTests {
    private let image = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    private func upload(
        _ image: [UInt8], messageLengthMax: Int = 512, windowMax: Int = 4, setbackCountMax: Int = 16
    ) throws -> ImageUpload {
        try ImageUpload(
            image: image,
            limits: ImageUploadLimits(
                messageLengthMax: messageLengthMax, windowMax: windowMax, setbackCountMax: setbackCountMax))
    }

    private func sentOffsets(_ effects: [ImageUpload.Effect]) -> [Int] {
        effects.compactMap { effect in
            if case .send(_, let request) = effect { Int(request.offset) } else { nil }
        }
    }

    @Test("On a sound link every chunk fills its message, and the window is used", arguments: [1, 2, 4, 8])
    func soundLink(windowMax: Int) throws {
        var device = LossyDevice(seed: 1, faults: .init())
        let result = device.run(try upload(image, windowMax: windowMax), windowMax: windowMax)
        #expect(result == .success(ImageUploadOutcome(length: image.count, resumedOffset: 0, match: true)))
        #expect(device.stored == image)
        #expect(device.messageLengthMax == 512)
        #expect(device.outstandingMax == windowMax)
    }

    @Test("Through loss, doubles, disorder, restarts and full buffers the image arrives whole", arguments: 1...200)
    func lossyLink(seed: Int) throws {
        let seed = UInt64(seed)
        var faults = LossyDevice.Faults()
        faults.lossPercent = seed & 1 == 0 ? 0 : 10
        faults.duplicationPercent = seed & 2 == 0 ? 0 : 10
        faults.reorderPercent = seed & 4 == 0 ? 0 : 10
        faults.busyPercent = seed & 8 == 0 ? 0 : 5
        faults.restartPercent = seed & 16 == 0 ? 0 : 1
        var device = LossyDevice(seed: seed, faults: faults)
        let upload = try upload(image, messageLengthMax: 1_024, windowMax: Int(seed % 8) + 1, setbackCountMax: 500)
        guard case .success(let outcome) = device.run(upload, windowMax: Int(seed % 8) + 1) else {
            Issue.record("seed \(seed) did not end well")
            return
        }
        #expect(outcome.length == image.count)
        #expect(device.stored == image, "seed \(seed)")
    }

    @Test("The first chunk travels alone, and only it carries the first fields")
    func firstAlone() throws {
        var upload = try upload(image)
        let opening = upload.handle(.started)
        guard case .send(0, let first) = opening.first, opening.count == 1 else {
            Issue.record("opened with \(opening)")
            return
        }
        #expect(first.first?.length == 20_000)
        #expect(first.first?.digest?.count == 32)
        let next = upload.handle(.answered(0, .success(ImageUploadResponse(offset: UInt32(first.data.count)))))
        #expect(sentOffsets(next).count == 4)
        #expect(sentOffsets(next).first == first.data.count)
    }

    @Test("A device that has the beginning already is continued from there")
    func resumes() throws {
        var upload = try upload(image)
        _ = upload.handle(.started)
        let next = upload.handle(.answered(0, .success(ImageUploadResponse(offset: 19_999))))
        #expect(next.first == .progress(offset: 19_999))
        #expect(sentOffsets(next) == [19_999])
        #expect(
            upload.handle(.answered(1, .success(ImageUploadResponse(offset: 20_000)))).last
                == .finish(.success(ImageUploadOutcome(length: 20_000, resumedOffset: 19_999, match: nil))))
    }

    @Test("A lower offset goes back there, and what was outstanding no longer counts")
    func goesBack() throws {
        var upload = try upload(image)
        _ = upload.handle(.started)
        _ = upload.handle(.answered(0, .success(ImageUploadResponse(offset: 400))))
        let back = upload.handle(.answered(2, .success(ImageUploadResponse(offset: 400))))
        #expect(back.prefix(5) == [.cancel(1), .cancel(2), .cancel(3), .cancel(4), .progress(offset: 400)])
        #expect(sentOffsets(back).first == 400)
        #expect(upload.handle(.answered(3, .success(ImageUploadResponse(offset: 5_000)))) == [])
    }

    @Test("Offset 0 after a restart sends the first fields again, alone")
    func restarts() throws {
        var upload = try upload(image)
        _ = upload.handle(.started)
        _ = upload.handle(.answered(0, .success(ImageUploadResponse(offset: 400))))
        let again = upload.handle(.answered(1, .success(ImageUploadResponse(offset: 0))))
        guard case .send(_, let request) = again.last else {
            Issue.record("restarted with \(again)")
            return
        }
        #expect(sentOffsets(again) == [0])
        #expect(request.first != nil)
    }

    @Test("A device that never gets further is given up at the limit of setbacks")
    func setbackLimit() throws {
        var upload = try upload(image, setbackCountMax: 2)
        _ = upload.handle(.started)
        let zero = Result<ImageUploadResponse, SMPFailure>.success(ImageUploadResponse(offset: 0))
        #expect(sentOffsets(upload.handle(.answered(0, zero))) == [0])
        #expect(sentOffsets(upload.handle(.answered(1, zero))) == [0])
        #expect(upload.handle(.answered(2, zero)).last == .finish(.failure(.setbacks(count: 3, offset: 0))))
        #expect(upload.handle(.started) == [])
    }

    @Test("An offset beyond the end, a refusal, a wrong digest and a lost link end the upload")
    func ends() throws {
        func end(_ event: ImageUpload.Event) throws -> ImageUpload.Effect? {
            var upload = try upload(Array(image.prefix(100)))
            _ = upload.handle(.started)
            return upload.handle(event).last
        }
        #expect(
            try end(.answered(0, .success(ImageUploadResponse(offset: 101))))
                == .finish(.failure(.offsetBeyondEnd(offset: 101, length: 100))))
        #expect(
            try end(.answered(0, .failure(SMPFailure(group: 1, code: 3))))
                == .finish(.failure(.refused(SMPFailure(group: 1, code: 3)))))
        #expect(
            try end(.answered(0, .success(ImageUploadResponse(offset: 100, match: false))))
                == .finish(.failure(.digestMismatch)))
        #expect(
            try end(.exchangeFailed(0, .linkGone(.refused)))
                == .finish(.failure(.exchangeFailed(.linkGone(.refused)))))
        #expect(
            try end(.answerMalformed(0, .fieldMissing("off")))
                == .finish(.failure(.responseMalformed(.fieldMissing("off")))))
    }

    @Test("An image is taken at the limit of its length and refused beyond, and an empty one always")
    func lengthLimit() throws {
        let limits = ImageUploadLimits(messageLengthMax: 512, windowMax: 1, imageLengthMax: 100)
        _ = try ImageUpload(image: Array(image.prefix(100)), limits: limits)
        #expect(throws: ImageUploadError.imageTooLong(length: 101, max: 100)) {
            try ImageUpload(image: Array(image.prefix(101)), limits: limits)
        }
        #expect(throws: ImageUploadError.imageEmpty) { try ImageUpload(image: [], limits: limits) }
    }

    @Test("A buffer that leaves no room for data is refused")
    func bufferTooSmall() {
        #expect(throws: ImageUploadError.bufferTooSmall(messageLengthMax: 64)) {
            try upload(image, messageLengthMax: 64)
        }
    }
}
