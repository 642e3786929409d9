import CORProtocol
import HubCore
import Synchronization

/// What is known of the repository and of what its rollouts mean for devices, for `corhub firmware list` and `corhub rollout show`.
/// Lost at the end; what it stands on is in the store of metadata.
final class RolloutBoard: Sendable {
    struct Check: Sendable, Equatable {
        var time: TimeBlock
        /// The fault's code and sentence; nil: the metadata are up to date.
        var failure: Failure?
    }

    struct Failure: Sendable, Equatable {
        var code: String
        var message: String
    }

    struct Content: Sendable {
        var plan: RolloutPlan?
        var lastCheck: Check?
        /// Checks that have ended since the start.
        var checkCount = 0
        /// The last that succeeded in this life of the agent.
        var lastSuccess: TimeBlock?
        var assessments: [RolloutAssessment] = []
        var assessed: TimeBlock?
    }

    private let content = Mutex(Content())
    private let recall = Mutex(Recall())

    private struct Recall {
        var isOver = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Returns once it is known what of earlier metadata is there; until then `plan` says nothing.
    func awaitRecall() async {
        await withCheckedContinuation { continuation in
            let isOver = recall.withLock { recall in
                if !recall.isOver { recall.waiting.append(continuation) }
                return recall.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    /// What there is of earlier metadata has been read, or will not be any more.
    func noteRecall() {
        let waiting = recall.withLock { recall in
            recall.isOver = true
            defer { recall.waiting = [] }
            return recall.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    var current: Content { content.withLock { $0 } }

    func note(_ plan: RolloutPlan?) {
        content.withLock { $0.plan = plan }
    }

    func note(_ check: Check) {
        content.withLock { content in
            content.lastCheck = check
            content.checkCount += 1
            if check.failure == nil { content.lastSuccess = check.time }
        }
    }

    func note(_ assessments: [RolloutAssessment], at time: TimeBlock) {
        content.withLock { content in
            content.assessments = assessments
            content.assessed = time
        }
    }
}
