/// The way through delegations to one target: pre-order, depth first, no role twice (specification §5.6.7).
struct TargetSearch: Sendable {
    struct Step: Sendable {
        let role: String
        /// nil for the top-level targets, of which the root speaks.
        let delegator: TrustedMetadata.Delegator?
    }

    let path: String
    private var pending: [Step]
    private var visited: Set<String> = []
    private let delegationCountMax: Int

    init(path: String, delegationCountMax: Int) {
        self.path = path
        self.delegationCountMax = delegationCountMax
        pending = [Step(role: TargetsMetadata.role, delegator: nil)]
    }

    /// The next role to look at; nil when there is none, or enough were looked at.
    mutating func next() -> Step? {
        while let step = pending.popLast() {
            guard !visited.contains(step.role) else { continue }
            // The top-level targets are no delegation.
            guard visited.count <= delegationCountMax else { return nil }
            visited.insert(step.role)
            return step
        }
        return nil
    }

    /// Adds the roles that this one delegates the path to. A terminating one ends the search behind it and its own.
    mutating func follow(_ delegations: Delegations?) {
        guard let delegations else { return }
        var steps: [Step] = []
        for role in delegations.roles(for: path) {
            steps.append(
                Step(role: role.name, delegator: .init(roleKeys: role.keys, keys: delegations.keys)))
            if role.isTerminating {
                pending = []
                break
            }
        }
        pending += steps.reversed()
    }
}
