package import FirmwareRollout

extension Rollout {
    /// - Parameter seconds: since 1970.
    package mutating func openNextStage(at seconds: Int64) throws(PublisherFault) {
        guard state == .running else { throw .notAllowed("the rollout is \(state.rawValue)") }
        guard let next = stages.firstIndex(where: { $0.opened == nil }) else {
            throw .notAllowed("all stages are open")
        }
        stages[next].opened = seconds
    }
}
