import Crypto
package import SMPProtocol

/// Uploads an image file in chunks, several at a time.
///
/// The first chunk travels alone: only its answer tells where the device wants to begin, since the same digest resumes.
/// Then up to `windowMax` chunks are outstanding, in order of offset. A device drops a chunk that is not the one it
/// waits for and answers the offset it wants; the upload then goes back there, and to the first fields where that is 0.
package struct ImageUpload: Sendable {
    /// Names a chunk that was sent; a number is never used twice.
    package typealias ChunkID = UInt64

    package enum Event: Sendable, Equatable {
        case started
        case answered(ChunkID, Result<ImageUploadResponse, SMPFailure>)
        /// The answer cannot be read.
        case answerMalformed(ChunkID, SMPError)
        /// The exchange gave the chunk up.
        case exchangeFailed(ChunkID, SMPExchangeError)
    }

    package enum Effect: Sendable, Equatable {
        case send(ChunkID, ImageUploadRequest)
        /// The answer to this chunk no longer matters.
        case cancel(ChunkID)
        /// The device has this many bytes; it may be fewer than before.
        case progress(offset: Int)
        case finish(Result<ImageUploadOutcome, ImageUploadError>)
    }

    private enum State {
        case idle
        /// The first chunk is alone on its way.
        case opening(ChunkID, end: Int)
        case streaming(Stream)
        case finished
    }

    /// Chunks under way, in order of offset.
    private struct Stream {
        var outstanding: [Chunk]
        /// The offset of the chunk to be sent next.
        var next: Int
        /// How many may be outstanding now.
        var window: Int
    }

    private struct Chunk {
        var id: ChunkID
        var start: Int
        var end: Int
    }

    private let image: [UInt8]
    private let first: ImageUploadRequest.First
    private let limits: ImageUploadLimits
    private var state = State.idle
    private var nextChunk: ChunkID = 0
    /// The most bytes that the device has ever had, and the setbacks since.
    private var highWater = 0
    private var setbackCount = 0
    private var resumedOffset: Int?

    /// - Parameters:
    ///   - image: the whole file.
    ///   - imageNumber: which image of a device with several; nil leaves it out.
    ///   - upgrade: true asks the device to refuse an image that is not newer; nil leaves it out.
    package init(
        image: [UInt8], imageNumber: UInt32? = nil, upgrade: Bool? = nil, limits: ImageUploadLimits
    ) throws(ImageUploadError) {
        guard !image.isEmpty else { throw .imageEmpty }
        let lengthMax = min(limits.imageLengthMax, Int(UInt32.max))
        guard image.count <= lengthMax else { throw .imageTooLong(length: image.count, max: lengthMax) }
        self.image = image
        self.limits = limits
        first = ImageUploadRequest.First(
            image: imageNumber, length: UInt32(image.count), digest: Array(SHA256.hash(data: image)),
            upgrade: upgrade)
        let room = ImageUploadRequest.dataLengthMax(
            first: first, offset: 0, messageLengthMax: limits.messageLengthMax)
        guard room > 0 else { throw .bufferTooSmall(messageLengthMax: limits.messageLengthMax) }
    }

    /// Advances the upload. The caller performs the effects in order.
    package mutating func handle(_ event: Event) -> [Effect] {
        switch (state, event) {
        case (.idle, .started):
            return open()

        case (.opening(let id, let end), .answered(let answered, let result)) where answered == id:
            return openingAnswered(result, end: end)

        case (.streaming(let stream), .answered(let id, let result)):
            guard let chunk = stream.outstanding.first(where: { $0.id == id }) else { return [] }
            return streamingAnswered(result, chunk: chunk, stream: stream)

        case (_, .answerMalformed(let id, let error)) where isOutstanding(id):
            return finish(.failure(.responseMalformed(error)))

        case (_, .exchangeFailed(let id, let error)) where isOutstanding(id):
            return finish(.failure(.exchangeFailed(error)))

        case (.idle, _), (.opening, _), (.streaming, _), (.finished, _):
            return []  // A second start, or news of a chunk that was given up when the device went back.
        }
    }

    private mutating func open() -> [Effect] {
        let room = ImageUploadRequest.dataLengthMax(
            first: first, offset: 0, messageLengthMax: limits.messageLengthMax)
        let end = min(room, image.count)
        let id = takeChunkID()
        state = .opening(id, end: end)
        return [.send(id, ImageUploadRequest(first: first, offset: 0, data: Array(image[..<end])))]
    }

    private mutating func openingAnswered(
        _ result: Result<ImageUploadResponse, SMPFailure>, end: Int
    ) -> [Effect] {
        switch result {
        case .failure(let failure):
            return failure.isTransient ? goBack(to: 0, window: 1) : finish(.failure(.refused(failure)))
        case .success(let response):
            let offset = Int(response.offset)
            guard offset > 0 else { return goBack(to: 0, window: limits.windowMax) }
            if resumedOffset == nil {
                resumedOffset = offset > end ? offset : 0
            }
            return advance(to: response, Stream(outstanding: [], next: offset, window: limits.windowMax))
        }
    }

    private mutating func streamingAnswered(
        _ result: Result<ImageUploadResponse, SMPFailure>, chunk: Chunk, stream: Stream
    ) -> [Effect] {
        switch result {
        case .failure(let failure):
            guard failure.isTransient else { return finish(.failure(.refused(failure))) }
            // The device ran out of buffers: from here on, one chunk at a time.
            return goBack(to: stream.outstanding[0].start, window: 1)
        case .success(let response):
            let offset = Int(response.offset)
            guard offset >= chunk.end else { return goBack(to: offset, window: stream.window) }
            var stream = stream
            stream.outstanding.removeAll { $0.id == chunk.id }
            return advance(to: response, stream)
        }
    }

    /// The device has all bytes below the answered offset.
    private mutating func advance(to response: ImageUploadResponse, _ stream: Stream) -> [Effect] {
        let offset = Int(response.offset)
        guard offset <= image.count else {
            return finish(.failure(.offsetBeyondEnd(offset: offset, length: image.count)))
        }
        noteProgress(offset)
        // An answer that was lost may have told the same of earlier chunks.
        var effects: [Effect] = stream.outstanding.filter { $0.end <= offset }.map { .cancel($0.id) }
        effects.append(.progress(offset: offset))
        guard offset < image.count else {
            return effects + complete(match: response.match)
        }
        var stream = stream
        stream.outstanding.removeAll { $0.end <= offset }
        stream.next = max(stream.next, offset)
        return effects + fillWindow(stream)
    }

    private mutating func complete(match: Bool?) -> [Effect] {
        guard match != false else { return finish(.failure(.digestMismatch)) }
        let outcome = ImageUploadOutcome(length: image.count, resumedOffset: resumedOffset ?? 0, match: match)
        return finish(.success(outcome))
    }

    private mutating func goBack(to offset: Int, window: Int) -> [Effect] {
        guard offset <= image.count else {
            return finish(.failure(.offsetBeyondEnd(offset: offset, length: image.count)))
        }
        if offset > highWater {
            noteProgress(offset)
        } else {
            setbackCount += 1
        }
        guard setbackCount <= limits.setbackCountMax else {
            return finish(.failure(.setbacks(count: setbackCount, offset: offset)))
        }
        let cancellations = outstandingIDs.map(Effect.cancel)
        guard offset > 0 else { return cancellations + [.progress(offset: 0)] + open() }
        return cancellations + [.progress(offset: offset)]
            + fillWindow(Stream(outstanding: [], next: offset, window: window))
    }

    private mutating func fillWindow(_ stream: Stream) -> [Effect] {
        var stream = stream
        var effects: [Effect] = []
        while stream.outstanding.count < stream.window, stream.next < image.count {
            let room = ImageUploadRequest.dataLengthMax(
                first: nil, offset: UInt32(stream.next), messageLengthMax: limits.messageLengthMax)
            let chunk = Chunk(id: takeChunkID(), start: stream.next, end: min(stream.next + room, image.count))
            stream.outstanding.append(chunk)
            stream.next = chunk.end
            let data = Array(image[chunk.start..<chunk.end])
            effects.append(.send(chunk.id, ImageUploadRequest(offset: UInt32(chunk.start), data: data)))
        }
        state = .streaming(stream)
        return effects
    }

    private mutating func finish(_ result: Result<ImageUploadOutcome, ImageUploadError>) -> [Effect] {
        let cancellations = outstandingIDs.map(Effect.cancel)
        state = .finished
        return cancellations + [.finish(result)]
    }

    private mutating func noteProgress(_ offset: Int) {
        guard offset > highWater else { return }
        highWater = offset
        setbackCount = 0
    }

    private var outstandingIDs: [ChunkID] {
        switch state {
        case .idle, .finished: []
        case .opening(let id, end: _): [id]
        case .streaming(let stream): stream.outstanding.map(\.id)
        }
    }

    private func isOutstanding(_ id: ChunkID) -> Bool {
        outstandingIDs.contains(id)
    }

    private mutating func takeChunkID() -> ChunkID {
        defer { nextChunk += 1 }
        return nextChunk
    }
}

extension SMPFailure {
    /// Whether the same request may succeed a moment later.
    fileprivate var isTransient: Bool {
        switch returnCode {
        case .noMemory, .busy: true
        case .ok, .unknown, .invalidValue, .timeout, .noEntry, .badState, .messageTooLong, .notSupported, .corrupt,
            .accessDenied, .versionTooOld, .versionTooNew, nil:
            false
        }
    }
}
