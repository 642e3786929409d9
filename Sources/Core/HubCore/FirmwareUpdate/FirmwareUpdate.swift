package import CORProtocol

/// The update of one device's firmware: from an offer to the new image confirmed, or the old one running again.
///
/// Each phase is durable before the effect that depends on it, and each is entered again by looking: what the device is found to
/// hold says what is done next, so that a power cut of either side, a lost link or a restart at any moment leads on to the same
/// ends. Nothing that is "written" counts: an image is confirmed after it was seen to run, passed its self-test, let its records
/// be read, and stayed up.
package struct FirmwareUpdate: Sendable {
    package enum Event: Sendable, Hashable {
        /// The hub has started; what it had of the device stands in the record.
        case started
        case offered(FirmwareOffer, metadataVersion: UInt64)
        case withdrawn(rolloutID: String)
        case judged(FirmwareJudgement)
        /// Nil: the file is complete.
        case fetched(FirmwareFetchFault?)
        /// A session works with the device, which says this of itself.
        case deviceSeen(StatusResponse?)
        /// No session works with it any more.
        case deviceWent
        /// The device has this many bytes of the image.
        case progressed(step: UInt64, offset: Int)
        case stepEnded(step: UInt64, Result<FirmwareStepResult, FirmwareStepFailure>)
        case timerFired(id: UInt64)
        /// What was to be kept could not be; what came after it was not done.
        case notKept
    }

    package enum Effect: Sendable, Equatable {
        /// Keep the record, the audit entry and the events for upstream in one durable transaction. Where that fails, the
        /// effects after it are left out, and `.notKept` is reported.
        case keep(FirmwareRecord, AuditDraft, [FirmwareEvent])
        /// Look whether the offer's file is here and right, then report `.judged`.
        case judge(FirmwareOffer)
        case fetch(FirmwareOffer.Target)
        /// Do this on the device, then report `.stepEnded`.
        case perform(step: UInt64, FirmwareAction)
        /// What this step comes to no longer matters; it shall end.
        case abandon(step: UInt64)
        case startTimer(id: UInt64, after: Duration)
        /// What it waits for now; nothing while it works.
        case tell([FirmwareWaitReason])
        /// The end, for whoever made the offer; told again at each start of the hub.
        case report(FirmwareOutcome)
    }

    /// What is under way inside of a phase.
    enum Activity: Sendable, Hashable {
        /// Nothing yet: the phase was just entered.
        case idle
        case judging
        case fetching
        case stepping(id: UInt64, FirmwareAction)
        /// Nothing until the timer fires or the device comes.
        case resting(timer: UInt64)
    }

    /// Why an update ended that its rollout took back.
    static let withdrawnReason = "withdrawn"

    package internal(set) var record: FirmwareRecord?
    let policy: FirmwarePolicy
    let serial: DeviceSerial
    var activity = Activity.idle
    /// What the device last said of itself; nil while it is away.
    var presence: Presence?
    /// CLOCK_BOOTTIME in ns at which the running image had proven itself; nil while it has not.
    var provenAt: UInt64?
    /// In this phase, while the device was there.
    var setbackCount = 0
    var progress = 0
    var isKeepingRefused = false
    /// What came of the last look at the device's state report, until it is kept.
    var reportFinding = StateReportCheck.Finding.notAsked
    /// The file was complete a moment ago.
    private var hasFetched = false
    private var counter: UInt64 = 0

    struct Presence: Sendable, Hashable {
        var status: StatusResponse?
    }

    package init(serial: DeviceSerial, record: FirmwareRecord? = nil, policy: FirmwarePolicy = FirmwarePolicy()) {
        self.serial = serial
        self.record = record
        self.policy = policy
    }

    /// An update is under way, or its end is not durable yet.
    package var isRunning: Bool { isKeepingRefused || record.map { !$0.phase.isEnd } ?? false }

    /// Advances the update. The caller performs the effects in order.
    ///
    /// - Parameters:
    ///   - now: the hub's clocks at the event.
    ///   - conditions: what of the hub's surroundings speaks for or against going on, at the same moment.
    package mutating func handle(_ event: Event, at now: TimeBlock, under conditions: FirmwareConditions) -> [Effect] {
        let moment = Moment(now: now, conditions: conditions)
        switch event {
        case .started:
            // Deadlines count uptime; what an earlier boot of the hub counted is not known.
            if let record, let end = record.phase.end {
                return [report(record.offer, end, record.reason, moment)]  // It may not have been told.
            }
            if let entered = record?.entered, entered.bootID != now.bootID { record?.entered = now }
            return proceed(moment)
        case .offered(let offer, let metadataVersion):
            return offered(offer, metadataVersion, moment)
        case .withdrawn(let id):
            guard case .rollout(id)? = record?.offer.origin, let phase = record?.phase, !phase.isEnd,
                !phase.needsDevice
            else { return [] }
            return finish(.cancelled, Self.withdrawnReason, moment)
        case .judged(let judgement):
            guard activity == .judging else { return [] }
            return judged(judgement, moment)
        case .fetched(let fault):
            guard activity == .fetching else { return [] }
            return fetched(fault, moment)
        case .deviceSeen(let status):
            let isNew = presence == nil
            presence = Presence(status: status)
            // A download has no need of the device.
            guard case .resting = activity, record?.phase != .downloading else { return [] }
            // A look at what stands in the way costs nothing; a setback's pause is waited for.
            return isNew || record?.phase == .waiting ? proceed(moment) : []
        case .deviceWent:
            return deviceWent(moment)
        case .progressed(let step, let offset):
            guard case .stepping(step, .upload) = activity else { return [] }
            if offset > progress {
                progress = offset
                setbackCount = 0
            }
            return []
        case .stepEnded(let step, let result):
            guard case .stepping(step, let action) = activity else { return [] }
            activity = .idle
            switch result {
            case .success(let found): return stepped(found, moment)
            case .failure(let failure): return setBack(failure, after: action, moment)
            }
        case .timerFired(let id):
            guard activity == .resting(timer: id) else { return [] }
            return proceed(moment)
        case .notKept:
            abandonActivity()
            isKeepingRefused = true
            return rest(policy.lookInterval, waitingFor: [.storageRefused])
        }
    }

    struct Moment {
        var now: TimeBlock
        var conditions: FirmwareConditions
    }

    // MARK: - Offers

    private mutating func offered(
        _ offer: FirmwareOffer, _ metadataVersion: UInt64, _ moment: Moment
    ) -> [Effect] {
        var effects: [Effect] = []
        if let record, !record.phase.isEnd {
            guard record.offer != offer else { return [] }
            guard !record.phase.needsDevice else {
                return [report(offer, .failedTransiently, "another-update-runs", moment)]
            }
            effects = finish(.cancelled, "replaced", moment)
        }
        let refused = record?.refused ?? []
        if refused.contains(where: { $0.imageHash == offer.image.hash && metadataVersion <= $0.metadataVersion }) {
            return effects + [report(offer, .failedPermanently, "failed-before", moment)]
        }
        var next = FirmwareRecord(
            serial: serial, offer: offer, metadataVersion: metadataVersion, entered: moment.now, refused: refused)
        next.hasConsent = record?.consentHolds(for: offer) ?? false
        record = next
        resetPhase()
        reportFinding = .notAsked
        return effects + [keep(moment)] + proceed(moment)
    }

    private mutating func judged(_ judgement: FirmwareJudgement, _ moment: Moment) -> [Effect] {
        activity = .idle
        guard let record else { return [] }
        switch (judgement, record.phase, record.offer.origin) {
        case (.accepted, _, _): return enter(.waiting, moment)
        case (.refused(let code), _, _): return finish(.failedPermanently, code, moment)
        case (.missing, _, .file): return finish(.failedTransiently, "file-missing", moment)
        case (.missing, _, .rollout) where hasFetched:
            // It came, and cannot be read: to fetch it again at once would only turn in a circle.
            hasFetched = false
            return rest(policy.fetchPause, waitingFor: [.storageRefused])
        case (.missing, _, .rollout): return enter(.downloading, moment)
        }
    }

    private mutating func fetched(_ fault: FirmwareFetchFault?, _ moment: Moment) -> [Effect] {
        activity = .idle
        switch fault {
        case nil:
            hasFetched = true
            return enter(.offered, moment)
        case .transient(let reason): return rest(policy.fetchPause, waitingFor: [.imageUnavailable(reason)])
        case .refused(let reason): return rest(policy.refusedFetchPause, waitingFor: [.imageUnavailable(reason)])
        case .permanent(let reason): return finish(.failedPermanently, reason, moment)
        }
    }

    private mutating func deviceWent(_ moment: Moment) -> [Effect] {
        presence = nil
        guard record?.phase.needsDevice == true || record?.phase == .waiting else { return [] }
        guard case .stepping(let id, _) = activity else { return [] }
        // Whether it was done shows when the device is back.
        return [.abandon(step: id)] + awaitDevice()
    }

    // MARK: - For the parts of the machine

    mutating func nextID() -> UInt64 {
        counter += 1
        return counter
    }

    mutating func perform(_ action: FirmwareAction) -> [Effect] {
        let id = nextID()
        activity = .stepping(id: id, action)
        return [.tell([]), .perform(step: id, action)]
    }

    /// Waits; what may have changed is looked at when the timer fires.
    mutating func rest(_ pause: Duration, waitingFor reasons: [FirmwareWaitReason]) -> [Effect] {
        let id = nextID()
        activity = .resting(timer: id)
        return [.tell(reasons), .startTimer(id: id, after: pause)]
    }

    /// Its coming wakes the update; the timer is for the phase's deadline only.
    mutating func awaitDevice() -> [Effect] {
        rest(policy.absenceLookInterval, waitingFor: [.deviceAbsent])
    }

    @discardableResult
    mutating func abandonActivity() -> [Effect] {
        defer { activity = .idle }
        if case .stepping(let id, _) = activity { return [.abandon(step: id)] }
        return []
    }

    /// Enters a phase: durable first, then what follows from it.
    mutating func enter(_ phase: FirmwarePhase, reason: String = "", _ moment: Moment) -> [Effect] {
        record?.phase = phase
        record?.entered = moment.now
        if !reason.isEmpty { record?.reason = reason }
        resetPhase()
        let kept = keep(moment)
        reportFinding = .notAsked
        return [kept] + proceed(moment)
    }

    mutating func finish(_ end: FirmwareOutcome.End, _ reason: String, _ moment: Moment) -> [Effect] {
        let abandoned = abandonActivity()
        guard var ended = record else { return abandoned }
        ended.phase = FirmwarePhase(end)
        ended.entered = moment.now
        ended.reason = reason.clipped(toLength: 64)
        if end.countsAsFailure {
            ended.refused.removeAll { $0.imageHash == ended.offer.image.hash }
            ended.refused.append(
                FirmwareRecord.Refused(imageHash: ended.offer.image.hash, metadataVersion: ended.metadataVersion))
            if ended.refused.count > FirmwareRecord.refusedCountMax { ended.refused.removeFirst() }
        }
        record = ended
        resetPhase()
        return abandoned + [keep(moment), .tell([]), report(ended.offer, end, reason, moment)]
    }

    private mutating func resetPhase() {
        activity = .idle
        setbackCount = 0
        progress = 0
        provenAt = nil
    }

    func report(
        _ offer: FirmwareOffer, _ end: FirmwareOutcome.End, _ reason: String, _ moment: Moment
    ) -> Effect {
        .report(FirmwareOutcome(offer: offer, end: end, reason: reason, time: moment.now))
    }

    func keep(_ moment: Moment) -> Effect {
        guard let record else { preconditionFailure("only what there is is kept") }
        return FirmwareTrace.kept(record, reportFinding, serial, at: moment.now)
    }
}
