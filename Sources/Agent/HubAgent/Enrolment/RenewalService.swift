import CORProtocol
import HubCore
import KeyStore
import Logging
import ServiceLifecycle

/// Runs the renewal of certificates: performs what the machine asks, decides nothing.
struct RenewalService: Service {
    enum Event: StoppableEvent {
        case renewal(CertificateRenewal.Event)
        case timersDue
        case stopRequested
    }

    let renewal: CertificateRenewal
    let procedure: HubRenewal
    let identity: IdentityInUse
    let mailbox: Mailbox<Event>
    let services: AgentServices
    let logger: Logger
    /// Called when another identity is in use.
    let renewed: @Sendable (HubIdentity) -> Void

    func run() async throws {
        try await mailbox.untilStopped { try await renew() }
    }

    private func renew() async throws {
        var renewal = renewal
        var timers = RunLoopTimers<UInt64> { [mailbox] in mailbox.post(.timersDue) }
        try await withThrowingDiscardingTaskGroup { group in
            mailbox.post(.renewal(.started(identity.current.lives)))
            try await mailbox.forEach { event in
                var due: [CertificateRenewal.Event] = []
                switch event {
                case .renewal(let event): due = [event]
                case .timersDue: due = timers.popDue().map { .timerFired(id: $0) }
                case .stopRequested: return .end
                }
                for event in due {
                    let effects = renewal.handle(event, at: services.clock.now(), chance: .random(in: 0..<1))
                    services.board.note(renewal: renewal.state, due: renewal.dueMilliseconds)
                    for effect in effects { try await perform(effect, &timers, &group) }
                }
                return .goOn
            }
            // A renewal under way is given up: what it has done is durable, and the next one goes on from there.
            group.cancelAll()
        }
    }

    private func perform(
        _ effect: CertificateRenewal.Effect, _ timers: inout RunLoopTimers<UInt64>,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        switch effect {
        case .startTimer(let id, let delay):
            timers.start(id, after: delay)

        case .renew(let uses):
            group.addTask { mailbox.post(.renewal(.renewalEnded(try await attempt(uses)))) }

        case .audit(let draft):
            try await services.records.append(draft)

        case .publish(let event):
            services.events.publish(event)
            if case .alarm(let reason) = event { logger.error("\(reason)") }
        }
    }

    private func attempt(_ uses: Set<HubKeyUse>) async throws -> RenewalOutcome {
        do throws(EnrolmentFault) {
            let result = try await procedure.run(uses, of: identity.current)
            try await audit(result)
            identity.replace(with: result.identity)
            renewed(result.identity)
            return .renewed(result.identity.lives, rotated: result.rotated)
        } catch {
            // What was done before it failed is in use: a new TLS certificate, say, without a new signing certificate.
            if let present = try? HubIdentity(folder: procedure.folder, keys: procedure.keys) {
                identity.replace(with: present)
                renewed(present)
            }
            return RenewalOutcome(error)
        }
    }

    private func audit(_ result: HubRenewal.Result) async throws(EnrolmentFault) {
        let now = services.clock.now()
        let changes =
            result.authoritiesAdded.map { (AuditType.certificateAccepted, $0) }
            + result.authoritiesDropped.map { (AuditType.certificateRefused, $0) }
        for (type, fingerprint) in changes {
            do {
                try await services.records.append(
                    AuditDraft(
                        type, actor: .agent, subject: "upstream-ca", outcome: .done, time: now,
                        detail: "\(type == .certificateAccepted ? "known by another's word" : "has ended"): SHA-256 "
                            + fingerprint.hexadecimal))
            } catch {
                throw EnrolmentFault(code: "storage", "\(error)")
            }
        }
    }
}

extension RenewalOutcome {
    init(_ fault: EnrolmentFault) {
        switch (fault.kind, fault.code) {
        case (_, "pending"):
            self = .pending(retryAfter: fault.retryAfter)
        // Who is in between today may be gone tomorrow: nobody has refused yet.
        case (.temporary, _), (.interrupted, _), (_, "wrong-ca"), (_, "wrong-name"), (_, "not-upstream"),
            (_, "other-region"):
            self = .failed(reason: fault.message, retryAfter: fault.retryAfter)
        case (.failed, _), (.blocked, _), (.usage, _):
            self = .refused(code: fault.code, message: fault.message)
        }
    }
}
