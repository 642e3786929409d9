package import CORProtocol

/// Decides when the hub's certificates are renewed: after half of their life and a little more by chance, then again and again
/// until it succeeds, also behind their end.
///
/// The wall clock counts here, because certificates do; a clock that lies before a certificate's begin is wrong, and nothing
/// is done by it. Timers are short, so that a clock that was set is noticed within a day.
package struct CertificateRenewal: Sendable {
    package enum Event: Sendable, Equatable {
        case started([HubKeyUse: CertificateLife])
        case timerFired(id: UInt64)
        /// A person wants it now, whatever is left of the certificates' life.
        case renewalAsked
        case renewalEnded(RenewalOutcome)
    }

    package enum Effect: Sendable, Equatable {
        case startTimer(id: UInt64, after: Duration)
        case renew(Set<HubKeyUse>)
        case audit(AuditDraft)
        case publish(MonitorEvent)
    }

    /// What is shown of it.
    package enum State: Sendable, Equatable {
        case idle
        case waiting
        case renewing
        /// The last attempt came to nothing.
        case retrying(reason: String)
        /// The last attempt was refused; it is repeated seldom, and a person should look.
        case refused(reason: String)
    }

    package struct Policy: Sendable, Equatable {
        /// Of a certificate's life, when renewing begins; and how much more of it chance may add.
        package var begin = 0.5
        package var beginSpread = 0.05
        /// A hub that starts behind that time waits a part of this, so that a fleet behind an outage does not come at once.
        package var startSpread: Duration = .seconds(60)
        package var lookInterval: Duration = .seconds(86_400)
        package var refusedInterval: Duration = .seconds(86_400)
        package var wrongClockInterval: Duration = .seconds(600)
        /// What is left of a life when failures become alarms, as a part of it.
        package var alarmRest = 0.1
        package var backoff: BackoffPolicy = {
            var policy = BackoffPolicy()
            policy.shortest = .seconds(60)
            policy.longest = .seconds(6 * 3600)
            return policy
        }()

        package init() {}
    }

    package private(set) var state = State.idle
    package private(set) var lives: [HubKeyUse: CertificateLife] = [:]
    /// When each renewal begins, ms since 1970.
    package private(set) var dueMilliseconds: [HubKeyUse: Int64] = [:]
    private let policy: Policy
    private var timerID: UInt64 = 0
    private var delay: Duration?
    private var isRefusedInAWord: String?

    package init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// - Parameter chance: drawn by the caller, in 0..<1.
    package mutating func handle(_ event: Event, at now: TimeBlock, chance: Double) -> [Effect] {
        switch (state, event) {
        case (.idle, .started(let lives)):
            adopt(lives, chance: chance)
            let isDue = !due(at: now).isEmpty
            return wait(isDue ? policy.startSpread * chance : nil, at: now)

        case (.waiting, .timerFired(let id)) where id == timerID,
            (.retrying, .timerFired(let id)) where id == timerID,
            (.refused, .timerFired(let id)) where id == timerID:
            let due = due(at: now)
            guard !due.isEmpty else { return wait(nil, at: now) }
            return renew(due)

        case (.waiting, .renewalAsked), (.retrying, .renewalAsked), (.refused, .renewalAsked):
            return renew(Set(lives.keys))

        case (.renewing, .renewalEnded(let outcome)):
            return ended(outcome, at: now, chance: chance)

        case (_, .timerFired), (.renewing, .renewalAsked), (.idle, .renewalAsked):
            return []  // Outlived, or under way already.

        case (.waiting, .started), (.renewing, .started), (.retrying, .started), (.refused, .started),
            (.idle, .renewalEnded), (.waiting, .renewalEnded), (.retrying, .renewalEnded), (.refused, .renewalEnded):
            return []  // The shell starts once, and ends what it was told to begin.
        }
    }

    // MARK: Steps

    private mutating func adopt(_ lives: [HubKeyUse: CertificateLife], chance: Double) {
        self.lives = lives
        dueMilliseconds = lives.mapValues { life in
            let part = policy.begin + policy.beginSpread * chance
            return life.beginMilliseconds + Int64(Double(life.lengthMilliseconds) * part)
        }
    }

    private func due(at now: TimeBlock) -> Set<HubKeyUse> {
        guard !isClockWrong(at: now) else { return [] }
        return Set(dueMilliseconds.filter { $0.value <= now.wallMilliseconds }.keys)
    }

    private func isClockWrong(at now: TimeBlock) -> Bool {
        lives.values.contains { now.wallMilliseconds < $0.beginMilliseconds }
    }

    private mutating func renew(_ uses: Set<HubKeyUse>) -> [Effect] {
        state = .renewing
        return [.renew(uses)]
    }

    /// Until `delay` is over, or until the first certificate is due or it is time to look at the clock again.
    private mutating func wait(_ delay: Duration?, at now: TimeBlock) -> [Effect] {
        state = .waiting
        if let delay { return [timer(after: delay)] }
        if isClockWrong(at: now) { return [timer(after: policy.wrongClockInterval)] }
        let first = dueMilliseconds.values.min() ?? .max
        let left = Duration.milliseconds(max(0, first - min(first, now.wallMilliseconds)))
        return [timer(after: min(left, policy.lookInterval))]
    }

    private mutating func timer(after delay: Duration) -> Effect {
        timerID += 1
        return .startTimer(id: timerID, after: delay)
    }

    private mutating func ended(_ outcome: RenewalOutcome, at now: TimeBlock, chance: Double) -> [Effect] {
        switch outcome {
        case .renewed(let lives, let rotated):
            adopt(lives, chance: chance)
            delay = nil
            isRefusedInAWord = nil
            let end = lives.values.map(\.endMilliseconds).min() ?? 0
            var effects: [Effect] = [
                .audit(
                    AuditDraft(
                        .enrolment, actor: .agent, subject: "certificates", outcome: .done, time: now,
                        detail: "renewed; the first ends at \(end) ms"))
            ]
            if !rotated.isEmpty {
                let names = rotated.map(\.rawValue).sorted().joined(separator: ", ")
                effects.append(
                    .audit(
                        AuditDraft(
                            .keyUse, actor: .agent, subject: names, outcome: .done, time: now,
                            detail: "new keys in use, vouched for by the ones before")))
            }
            // One that is due again at once tells of a clock that is ahead of the issuer's: not again before a look.
            return effects + wait(due(at: now).isEmpty ? nil : policy.lookInterval, at: now)

        case .pending(let asked):
            let after = policy.backoff.delay(after: nil, asked: asked, spread: .seconds(60), chance: chance)
            return again(after: after, reason: "the upstream wants somebody to agree", .accepted, at: now)

        case .failed(let reason, let asked):
            let next = policy.backoff.delay(after: delay, asked: asked, spread: .seconds(60), chance: chance)
            delay = next
            return again(after: next, reason: reason, .failed, at: now)

        case .refused(let code, let message):
            let spread = policy.backoff.longest * chance
            var effects = again(
                after: policy.refusedInterval + spread, reason: "\(code): \(message)", .refused, at: now)
            // Said once for each reason, until a renewal succeeds.
            if isRefusedInAWord != code {
                isRefusedInAWord = code
                effects.append(
                    .publish(.alarm("the upstream does not renew this hub's certificates (\(code)): \(message)")))
            }
            return effects
        }
    }

    private mutating func again(
        after delay: Duration, reason: String, _ outcome: AuditOutcome, at now: TimeBlock
    ) -> [Effect] {
        state = outcome == .refused ? .refused(reason: reason) : .retrying(reason: reason)
        var effects: [Effect] = [
            .audit(
                AuditDraft(
                    .enrolment, actor: .agent, subject: "certificates", outcome: outcome, time: now, detail: reason)),
            timer(after: delay),
        ]
        if outcome == .failed, let alarm = alarm(at: now) { effects.append(.publish(alarm)) }
        return effects
    }

    private func alarm(at now: TimeBlock) -> MonitorEvent? {
        guard let life = lives.values.min(by: { $0.endMilliseconds < $1.endMilliseconds }) else { return nil }
        let left = life.endMilliseconds - now.wallMilliseconds
        guard Double(left) < Double(life.lengthMilliseconds) * policy.alarmRest else { return nil }
        let days = left / 86_400_000
        return .alarm(
            left > 0
                ? "the hub's certificates end in \(days) days and cannot be renewed"
                : "the hub's certificates ended \(-days) days ago and cannot be renewed")
    }
}
