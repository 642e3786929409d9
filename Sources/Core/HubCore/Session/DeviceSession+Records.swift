import CBORCoding
import CORProtocol
import COSESigning
import SMPProtocol

// Status, list, read, store, acknowledge, wait: the life of a session with an attested device.
extension DeviceSession {
    mutating func readStatus(_ peer: SessionPeer) -> [SessionEffect] {
        hints = []
        state = .connected(peer, .readingStatus)
        return [.request(.read, .status, payload: EmptyMessage().encoded())]
    }

    mutating func answered(
        _ payload: [UInt8], peer: SessionPeer, activity: Activity, at now: TimeBlock
    ) -> [SessionEffect] {
        switch activity {
        case .readingStatus:
            return statusRead(payload, peer: peer, at: now)

        case .subscribing:
            isSubscribed = true
            return beginPass(peer, at: now)

        case .acknowledging(let upTo, let remaining):
            guard decoded(RecordAcknowledgeResponse.self, payload) != nil else {
                return refuse(.malformedAnswer(command: CORCommand.recordAcknowledge.rawValue), at: now)
            }
            return [.publish(.recordAcknowledged(serial: peer.serial, upTo: upTo))]
                + next(peer, remaining.acknowledged(upTo: upTo), at: now)

        case .listing(let queue):
            return listed(payload, peer: peer, queue: queue, at: now)

        case .reading(let fetch, let remaining):
            return readAnswered(payload, peer: peer, fetch: fetch, remaining: remaining, at: now)

        case .storing, .waiting:
            return []  // No request is outstanding: a repeated answer.
        }
    }

    private mutating func statusRead(_ payload: [UInt8], peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        guard let status = decoded(StatusResponse.self, payload) else {
            return refuse(.malformedAnswer(command: CORCommand.status.rawValue), at: now)
        }
        var peer = peer
        peer.status = status
        let observation = DeviceObservation(
            identity: peer.identity, trust: peer.trust, certificateThumbprint: peer.certificateThumbprint,
            link: configuration.link, address: configuration.address, seen: now, status: status,
            clockOffsetMilliseconds: peer.clockOffsetMilliseconds)
        var news: [SessionEffect] = [.publish(.deviceStatus(serial: peer.serial, status))]
        if isRemembranceDue(at: now) {
            news.append(.remember(observation))
        }
        if status.newestSequence < handledUpTo {
            news.append(.audit(sequenceWentBack(peer, to: status.newestSequence, at: now)))
            handledUpTo = 0
            namesMissing = false
        }
        if !isSubscribed, peer.identity.capabilities.contains("live") {
            state = .connected(peer, .subscribing)
            return news + [.request(.write, .live, payload: LiveRequest(isOn: true).encoded())]
        }
        return news + beginPass(peer, at: now)
    }

    /// Once a session and once an hour: what is kept of a device changes seldom, and each time costs the disk a commit.
    private mutating func isRemembranceDue(at now: TimeBlock) -> Bool {
        let hour: UInt64 = 3_600_000_000_000
        if let rememberedAt, now.boottimeNanoseconds < rememberedAt + hour { return false }
        rememberedAt = now.boottimeNanoseconds
        return true
    }

    /// A device that counts from the start again would lose its records, were it told that the old numbers are safe
    /// here. So nothing is acknowledged until its records were read anew; what differs from ours is set aside.
    private func sequenceWentBack(_ peer: SessionPeer, to newest: UInt64, at now: TimeBlock) -> AuditDraft {
        AuditDraft(
            .recordRefused, actor: .deviceSession, subject: peer.serial.text, outcome: .refused, time: now,
            detail: "sequence-went-back: the device's newest record is \(newest), stored here are \(handledUpTo)")
    }

    /// Frees on the device what is durable here. Said again at each pass, since an earlier word may have been lost.
    mutating func list(_ peer: SessionPeer, _ queue: RecordQueue) -> [SessionEffect] {
        state = .connected(peer, .listing(queue))
        let request = RecordListRequest(afterSequence: queue.listedUpTo, countMax: configuration.limits.listCountMax)
        return [.request(.read, .recordList, payload: request.encoded())]
    }

    private mutating func listed(
        _ payload: [UInt8], peer: SessionPeer, queue: RecordQueue, at now: TimeBlock
    ) -> [SessionEffect] {
        guard let page = decoded(RecordListResponse.self, payload) else {
            return refuse(.malformedAnswer(command: CORCommand.recordList.rawValue), at: now)
        }
        var (queue, leftOutCount) = queue.appending(page, newest: peer.status?.newestSequence ?? 0)
        var effects: [SessionEffect] = []
        if leftOutCount > 0 {
            effects.append(.audit(listFault("list-not-as-asked: \(leftOutCount) entries left out", peer, at: now)))
        }
        if queue.hasMore, queue.pageCount >= configuration.limits.listPageCountMax {
            effects.append(.audit(listFault("list-too-long: ended after \(queue.pageCount) pages", peer, at: now)))
            queue.hasMore = false
        }
        return effects + next(peer, queue, at: now)
    }

    func listFault(_ detail: String, _ peer: SessionPeer, at now: TimeBlock) -> AuditDraft {
        AuditDraft(
            .recordRefused, actor: .deviceSession, subject: peer.serial.text, outcome: .refused, time: now,
            detail: detail)
    }

    /// The next record, the next page, or rest.
    mutating func next(_ peer: SessionPeer, _ queue: RecordQueue, at now: TimeBlock) -> [SessionEffect] {
        // What is left of the queue is listed again behind the order.
        if !orders.isEmpty { return settle(peer, at: now) }
        var queue = queue
        if queue.entries.isEmpty {
            return queue.hasMore ? list(peer, queue) : wait(peer, at: now)
        }
        let entry = queue.entries.removeFirst()
        let fetch = RecordFetch(serial: peer.serial, entry: entry).resuming(interrupted)
        interrupted = nil
        return read(peer, fetch, remaining: queue)
    }

    private mutating func read(
        _ peer: SessionPeer, _ fetch: RecordFetch, remaining: RecordQueue
    ) -> [SessionEffect] {
        state = .connected(peer, .reading(fetch, remaining: remaining))
        let request = RecordReadRequest(
            sequence: fetch.entry.sequence, offset: fetch.offset, lengthMax: configuration.limits.readLengthMax)
        return [.request(.read, .recordRead, payload: request.encoded())]
    }

    private mutating func readAnswered(
        _ payload: [UInt8], peer: SessionPeer, fetch: RecordFetch, remaining: RecordQueue, at now: TimeBlock
    ) -> [SessionEffect] {
        guard let answer = decoded(RecordReadResponse.self, payload) else {
            return readAgain(.unreadable, peer: peer, fetch: fetch, remaining: remaining, at: now)
        }
        switch fetch.taking(answer, answerCountMax: configuration.limits.readAnswerCountMax) {
        case .more(let fetch):
            let progress = MonitorEvent.recordReading(
                serial: peer.serial, sequence: fetch.entry.sequence, offset: fetch.offset, length: fetch.entry.length)
            return [.publish(progress)] + read(peer, fetch, remaining: remaining)

        case .complete(let fetch):
            return received(fetch, peer: peer, remaining: remaining, at: now)

        case .outOfStep:
            return readAgain(.unreadable, peer: peer, fetch: fetch, remaining: remaining, at: now)

        case .refused(let reason):
            return readAgain(reason, peer: peer, fetch: fetch, remaining: remaining, at: now)
        }
    }

    /// Damage in transit heals by reading again; a device that lies does so again and is refused.
    private mutating func readAgain(
        _ reason: RecordRefusalReason, peer: SessionPeer, fetch: RecordFetch, remaining: RecordQueue, at now: TimeBlock
    ) -> [SessionEffect] {
        guard fetch.attempt < configuration.limits.readAttemptCountMax else {
            return refuseRecord(reason, peer: peer, fetch: fetch, remaining: remaining, at: now)
        }
        return read(peer, fetch.restarted(), remaining: remaining)
    }

    private mutating func received(
        _ fetch: RecordFetch, peer: SessionPeer, remaining: RecordQueue, at now: TimeBlock
    ) -> [SessionEffect] {
        guard SHA256Hash.of(fetch.bytes) == fetch.entry.hash else {
            return readAgain(.hashDiffers, peer: peer, fetch: fetch, remaining: remaining, at: now)
        }
        let examination = RecordExamination(
            key: peer.key, certificateThumbprint: peer.certificateThumbprint, serial: peer.serial,
            sequence: fetch.entry.sequence)
        switch examination.verdict(on: fetch.bytes) {
        case .refused(let reason):
            return refuseRecord(reason, peer: peer, fetch: fetch, remaining: remaining, at: now)

        case .sound(let record):
            let item = RecordItem(
                recordID: record.id, serial: peer.serial, sequence: fetch.entry.sequence, bytes: fetch.bytes,
                received: now, link: configuration.link, trust: peer.trust, subject: configuration.subject,
                backfilled: isBackfilled(record.payload, peer: peer, at: now),
                clockOffsetMilliseconds: peer.clockOffset(of: record.payload))
            return deliver(.record(item, record), peer: peer, fetch: fetch, remaining: remaining, at: now)
        }
    }

    private mutating func refuseRecord(
        _ reason: RecordRefusalReason, peer: SessionPeer, fetch: RecordFetch, remaining: RecordQueue, at now: TimeBlock
    ) -> [SessionEffect] {
        deliver(.refused(bytes: fetch.bytes, reason: reason), peer: peer, fetch: fetch, remaining: remaining, at: now)
    }

    private mutating func deliver(
        _ content: DeviceDelivery.Content, peer: SessionPeer, fetch: RecordFetch, remaining: RecordQueue,
        at now: TimeBlock
    ) -> [SessionEffect] {
        let sequence = fetch.entry.sequence
        let firstMissing = handledUpTo + 1
        let delivery = DeviceDelivery(
            serial: peer.serial, sequence: sequence, content: content,
            missing: namesMissing && firstMissing < sequence ? firstMissing...(sequence - 1) : nil, received: now)
        state = .connected(peer, .storing(delivery, remaining: remaining))
        return [.store(delivery)]
    }

    mutating func stored(
        _ delivery: DeviceDelivery, peer: SessionPeer, remaining: RecordQueue, at now: TimeBlock
    ) -> [SessionEffect] {
        handledUpTo = max(handledUpTo, delivery.sequence)
        namesMissing = true
        if case .refused = delivery.content {
            refusedCount += 1
        }
        guard refusedCount < configuration.limits.refusedCountMax else {
            return refuse(.tooManyRefusedRecords, at: now)
        }
        // firmware-specs/device-behaviour.md section 2: behind a restart the device attests again. The record is durable,
        // and acknowledged by the session that follows.
        if case .record(_, let record) = delivery.content, peer.isOutlived(by: record.payload) {
            return end(.restarted)
        }
        return acknowledge(
            peer, upTo: peer.comparesProofs ? delivery.sequence : handledUpTo, remaining: remaining, at: now)
    }

    /// By the device's own clock, corrected by the offset that was found before it was set.
    private func isBackfilled(_ payload: RecordPayload, peer: SessionPeer, at now: TimeBlock) -> Bool {
        guard let closed = payload.closed.wallMilliseconds else { return false }
        let age = now.wallMilliseconds - (closed - (peer.clockOffset(of: payload) ?? 0))
        return .milliseconds(age) > configuration.limits.backfillAge
    }

    mutating func refusedByDevice(
        _ code: Int64, peer: SessionPeer, activity: Activity, at now: TimeBlock
    ) -> [SessionEffect] {
        switch activity {
        case .reading(let fetch, let remaining):
            // The device lists a record that it cannot give: named upstream, and the others go on.
            return readAgain(.unreadable, peer: peer, fetch: fetch, remaining: remaining, at: now)
        case .subscribing:
            isSubscribed = true  // Live samples are a comfort; the records come without them.
            return beginPass(peer, at: now)
        case .acknowledging(_, let remaining):
            return acknowledgementRefused(code, peer, remaining: remaining, at: now)
        case .readingStatus, .listing:
            return wait(peer, at: now)
        case .storing, .waiting:
            return []
        }
    }

    mutating func wait(_ peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        if !orders.isEmpty { return settle(peer, at: now) }
        let pause = hints.isEmpty ? configuration.limits.pollInterval : pauseBeforeHint(at: now)
        guard pause > .zero else {
            // The status names the newest record, and the list follows it.
            hintFollowedAt = now.boottimeNanoseconds
            return readStatus(peer)
        }
        timerCount += 1
        state = .connected(peer, .waiting(timer: timerCount, isForHint: !hints.isEmpty))
        return [.startTimer(id: timerCount, after: pause)]
    }

    /// A device that announces without end costs one look in `hintIntervalMin`, not one a message (threat 21).
    private func pauseBeforeHint(at now: TimeBlock) -> Duration {
        guard let hintFollowedAt, now.boottimeNanoseconds >= hintFollowedAt else { return .zero }
        let elapsed = Duration.nanoseconds(Int64(clamping: now.boottimeNanoseconds - hintFollowedAt))
        return min(configuration.limits.hintIntervalMin - elapsed, configuration.limits.pollInterval)
    }

    mutating func notified(
        _ command: UInt8, _ payload: [UInt8], peer: SessionPeer, activity: Activity, at now: TimeBlock
    ) -> [SessionEffect] {
        switch CORCommand(rawValue: command) {
        case .liveSample:
            guard liveSamples.takes(at: now), let sample = decoded(LiveEvent.self, payload) else { return [] }
            return [.publish(.liveSample(serial: peer.serial, sample))]
        case .recordReady:
            hints.insert(.records)
        case .stateChanged:
            hints.insert(.status)
        default:
            return []  // Newer firmware may tell more than we know.
        }
        // A timer that runs for an earlier hint serves this one as well.
        if case .waiting(_, isForHint: false) = activity { return wait(peer, at: now) }
        return []
    }
}
