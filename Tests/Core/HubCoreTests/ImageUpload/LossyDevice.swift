import HubCore
import SMPProtocol

/// A device that takes an image upload, and a link to it that loses, doubles and reorders, all from one seed.
///
/// It runs the exchange and the upload machines in one loop on virtual time.
struct LossyDevice {
    struct Faults {
        /// Of 100 messages in either direction.
        var lossPercent: UInt64 = 0
        var duplicationPercent: UInt64 = 0
        var reorderPercent: UInt64 = 0
        /// Of 100 requests: the device restarts and forgets the upload.
        var restartPercent: UInt64 = 0
        /// Of 100 requests: the device has no buffer left.
        var busyPercent: UInt64 = 0
    }

    private(set) var stored: [UInt8] = []
    private(set) var outstandingMax = 0
    private(set) var messageLengthMax = 0
    private var total = 0
    private var faults: Faults
    private var generator: SplitMix64

    init(seed: UInt64, faults: Faults) {
        self.faults = faults
        generator = SplitMix64(state: seed)
    }

    /// Runs an upload to its end; nil when it has not ended after `stepCountMax` events.
    mutating func run(_ upload: ImageUpload, windowMax: Int, stepCountMax: Int = 100_000)
        -> Result<ImageUploadOutcome, ImageUploadError>?
    {
        var upload = upload
        var exchange = SMPExchange(limits: SMPExchangeLimits(windowMax: windowMax, attemptCountMax: 20))
        var uploadEvents: [ImageUpload.Event] = [.started]
        var toDevice: [[UInt8]] = []
        var toHub: [[UInt8]] = []
        var timers: [SMPTimerID] = []
        var result: Result<ImageUploadOutcome, ImageUploadError>?

        func apply(_ effects: [SMPExchange.Effect]) {
            for effect in effects {
                switch effect {
                case .send(let message): toDevice.append(message)
                case .startTimer(let timer, after: _): timers.append(timer)
                case .finish(let id, .failure(let error)):
                    uploadEvents.append(.exchangeFailed(id.rawValue, error))
                case .finish(let id, .success(let message)):
                    do throws(SMPError) {
                        uploadEvents.append(.answered(id.rawValue, try message.response(ImageUploadResponse.self)))
                    } catch {
                        uploadEvents.append(.answerMalformed(id.rawValue, error))
                    }
                }
            }
        }

        for _ in 0..<stepCountMax {
            if let event = uploadEvents.first {
                uploadEvents.removeFirst()
                for effect in upload.handle(event) {
                    switch effect {
                    case .send(let chunk, let request):
                        apply(
                            exchange.handle(
                                .submitted(SMPExchangeRequest(id: SMPRequestID(rawValue: chunk), request))))
                    case .cancel(let chunk):
                        apply(exchange.handle(.cancelled(SMPRequestID(rawValue: chunk))))
                    case .progress:
                        break
                    case .finish(let finished):
                        result = finished
                    }
                }
            } else if result != nil {
                return result
            } else if !toDevice.isEmpty {
                outstandingMax = max(outstandingMax, toDevice.count)
                let message = take(&toDevice)
                if let message, let answer = answer(message) {
                    toHub.append(answer)
                }
            } else if !toHub.isEmpty {
                if let message = take(&toHub) {
                    apply(exchange.handle(.received(message: message)))
                }
            } else if !timers.isEmpty {
                apply(exchange.handle(.timerFired(timers.removeFirst())))
            } else {
                return nil
            }
        }
        return nil
    }

    /// The next message of a queue, if it is not lost; it may stay in the queue as its own double.
    private mutating func take(_ queue: inout [[UInt8]]) -> [UInt8]? {
        let index = happens(faults.reorderPercent) ? queue.count - 1 : 0
        let message = happens(faults.duplicationPercent) ? queue[index] : queue.remove(at: index)
        return happens(faults.lossPercent) ? nil : message
    }

    private mutating func answer(_ bytes: [UInt8]) -> [UInt8]? {
        messageLengthMax = max(messageLengthMax, bytes.count)
        if happens(faults.restartPercent) {
            stored = []
            total = 0
        }
        guard let message = try? SMPMessage(decoding: bytes),
            let request = try? message.request(ImageUploadRequest.self)
        else { return nil }
        if happens(faults.busyPercent) {
            return message.answered(SMPFailure(.noMemory)).encoded()
        }
        if let first = request.first, stored.isEmpty || stored.count == total {
            stored = request.data
            total = Int(first.length)
        } else if request.first == nil, Int(request.offset) == stored.count, stored.count < total {
            stored += request.data
        }
        let isWhole = total > 0 && stored.count == total
        return message.answered(ImageUploadResponse(offset: UInt32(stored.count), match: isWhole ? true : nil))
            .encoded()
    }

    private mutating func happens(_ percent: UInt64) -> Bool {
        percent > 0 && generator.next() % 100 < percent
    }
}

/// A generator that a seed determines.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
