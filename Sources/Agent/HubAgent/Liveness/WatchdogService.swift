import HubCore
import HubStore
import Logging
import ServiceLifecycle

/// Asks the agent's parts whether they work, each on its own loop, and feeds the service manager's watchdog by what
/// `LivenessWatch` makes of the answers. Runs only where the service manager wants to be told.
struct WatchdogService: Service {
    /// What a part is asked; it calls back from where it works, or not at all.
    typealias Question = @Sendable (_ answer: @escaping @Sendable () -> Void) -> Void

    private enum Event: StoppableEvent {
        case watch(LivenessWatch.Event)
        case timersDue
        case stopRequested
    }

    let watchdog: Duration
    let store: HubStore
    let links: Question
    let uplink: Question
    let notifier: ServiceManagerNotifier
    let logger: Logger

    func run() async throws {
        let mailbox = Mailbox<Event>()
        await mailbox.untilStopped { await watch(mailbox) }
    }

    private func watch(_ mailbox: Mailbox<Event>) async {
        var watch = LivenessWatch(watchdog: watchdog)
        var timers = RunLoopTimers<Void> { mailbox.post(.timersDue) }
        await withDiscardingTaskGroup { group in
            mailbox.post(.watch(.started))
            await mailbox.forEach { event in
                var due: [LivenessWatch.Event] = []
                switch event {
                case .watch(let event): due = [event]
                case .timersDue: due = timers.popDue().map { .timerFired }
                case .stopRequested: return .end
                }
                for effect in due.flatMap({ watch.handle($0) }) {
                    switch effect {
                    case .ask(let part, let round):
                        ask(part, &group) { mailbox.post(.watch(.answered(part, round: round))) }
                    case .feed: notifier.notify(.watchdog)
                    case .startTimer(let delay): timers.start((), after: delay)
                    case .report(let stuck): report(stuck)
                    }
                }
                return .goOn
            }
            group.cancelAll()
        }
    }

    private func ask(
        _ part: LivenessWatch.Part, _ group: inout DiscardingTaskGroup, answer: @escaping @Sendable () -> Void
    ) {
        switch part {
        case .links: links(answer)
        case .uplink: uplink(answer)
        case .store:
            group.addTask { [store] in
                // A store that refuses is no live one; whoever uses it says why.
                do throws(StoreFault) {
                    _ = try await store.read { (reader) throws(StoreFault) in try reader.usage() }
                    answer()
                } catch {
                    return
                }
            }
        }
    }

    private func report(_ stuck: [LivenessWatch.Part]) {
        let names = stuck.map(\.rawValue).joined(separator: ", ")
        if stuck.isEmpty {
            logger.notice("every part answers again")
            notifier.notify(.status("every part answers again"))
        } else {
            logger.error("no answer from: \(names); the watchdog is not fed")
            notifier.notify(.status("no answer from: \(names)"))
        }
    }
}
