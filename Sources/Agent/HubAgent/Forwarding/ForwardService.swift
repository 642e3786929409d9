import CORProtocol
import HubCore
import Logging
import ServiceLifecycle

/// Runs the forwarder: performs what the machine asks, decides nothing.
struct ForwardService: Service {
    enum Event: StoppableEvent {
        case forwarder(Forwarder.Event)
        case timersDue
        /// Answered from the loop, while its timers are kept.
        case livenessAsked(@Sendable () -> Void)
        case stopRequested
    }

    let forwarder: Forwarder
    let ledger: BatchLedger
    let upstream: any UpstreamPort
    let mailbox: Mailbox<Event>
    let services: AgentServices
    let logger: Logger

    func run() async throws {
        try await mailbox.untilStopped { try await forward() }
    }

    private func forward() async throws {
        var forwarder = forwarder
        var regionRefused: TLSFault?
        var timers = RunLoopTimers<UInt64> { [mailbox] in mailbox.post(.timersDue) }
        try await ledger.finishRequeues(at: services.clock.now())
        try await withThrowingDiscardingTaskGroup { group in
            mailbox.post(
                .forwarder(
                    .started(
                        outstanding: try await ledger.oldestOutstanding(),
                        newestReceiptMilliseconds: try await ledger.newestReceiptMilliseconds())))
            try await mailbox.forEach { event in
                var due: [Forwarder.Event] = []
                switch event {
                case .forwarder(let event): due = [event]
                case .timersDue: due = timers.popDue().map { .timerFired(id: $0) }
                case .livenessAsked(let answer):
                    if timers.isKept(within: LivenessWatch.timerDelayMax) { answer() }
                case .stopRequested: return .end
                }
                for event in due {
                    try await noteRegion(event, &regionRefused)
                    let effects = forwarder.handle(event, at: services.clock.now(), chance: .random(in: 0..<1))
                    services.board.note(forwarder.state)
                    for effect in effects {
                        try await perform(effect, &timers, &group)
                    }
                }
                return .goOn
            }
            // A submission under way is given up: the batch is durable, and the same bytes go again at the next start.
            group.cancelAll()
        }
    }

    /// An upstream in the wrong region is audited once, until one in the right region answers.
    private func noteRegion(_ event: Forwarder.Event, _ refused: inout TLSFault?) async throws {
        guard case .submissionEnded(let outcome) = event else { return }
        switch outcome {
        case .retry(_, .tls(.otherRegion(let expected, let found))):
            let fault = TLSFault.otherRegion(expected: expected, found: found)
            guard refused != fault else { return }
            refused = fault
            logger.error("\(fault)")
            try await services.records.append(
                AuditDraft(
                    .regionRefused, actor: .agent, subject: "upstream", outcome: .refused, time: services.clock.now(),
                    detail: "\(fault)"))
        case .receipt, .conflict, .refused: refused = nil
        case .retry: break
        }
    }

    private func perform(
        _ effect: Forwarder.Effect, _ timers: inout RunLoopTimers<UInt64>,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        switch effect {
        case .startTimer(let id, let delay):
            timers.start(id, after: delay)

        case .cut:
            let cut = try await ledger.cut(at: services.clock.now())
            mailbox.post(.forwarder(cut.map { .batchCut($0) } ?? .nothingToCut))

        case .cutAhead:
            mailbox.post(.forwarder(.batchCutAhead(try await ledger.cutAhead(at: services.clock.now()))))

        case .submit(let batch):
            group.addTask { [upstream, mailbox] in
                let outcome = await upstream.submit(batch: batch.bytes)
                mailbox.post(.forwarder(.submissionEnded(outcome)))
            }

        case .storeReceipt(let receipt, let bytes, let batch, let gaps, let entry, let behind):
            let now = services.clock.now()
            let kept = try await ledger.keep(
                receipt, bytes: bytes, naming: gaps, noting: entry, behind: behind, at: now)
            services.clockWitness.verified(
                upstreamMilliseconds: receipt.upstreamMilliseconds, cut: batch.cut, at: now)
            mailbox.post(.forwarder(.receiptStored(outstanding: kept.outstanding, ahead: kept.ahead)))

        case .find(let position):
            mailbox.post(.forwarder(.batchFound(try await ledger.batch(position))))

        case .renewEpoch(let draft, let lost):
            try await ledger.renewEpoch(draft, lost: lost)
            mailbox.post(.forwarder(.epochRenewed))

        case .requeue(let loss):
            try await ledger.requeue(loss, at: services.clock.now())

        case .audit(let draft):
            try await services.records.append(draft)

        case .publish(let event):
            services.events.publish(event)
            if case .alarm(let reason) = event {
                logger.error("\(reason)")
            }
        }
    }
}
