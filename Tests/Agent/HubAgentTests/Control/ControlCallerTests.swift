import Testing

@testable import HubAgent

@Suite("Threat 25: who may do what on the control socket")
struct ControlCallerTests {
    @Test("Root, the agent's user and its group do everything, readers look, others nothing")
    func roles() {
        let cases: [(user: UInt32, groups: Set<UInt32>, role: ControlCaller.Role)] = [
            (0, [], .administrator), (990, [], .administrator), (1_000, [50], .administrator),
            (1_000, [50, 60], .administrator), (1_000, [60], .reader), (1_000, [1, 2, 3], .stranger),
            (1_000, [], .stranger),
        ]
        for (user, groups, role) in cases {
            let caller = ControlCaller(user: user, groups: groups, owner: 990, administrators: 50, readers: 60)
            #expect(caller.role == role, "\(user) in \(groups)")
            #expect(caller.may(true) == (role == .administrator))
            #expect(caller.may(false) == (role != .stranger))
        }
    }

    @Test("Without configured groups nobody else has a role, whatever groups they are in")
    func noGroups() {
        let caller = ControlCaller(user: 1_000, groups: [0, 50], owner: 990, administrators: nil, readers: nil)
        #expect(caller.role == .stranger)
    }

    @Test("A user who is sent away again and again is noted once a minute")
    func refusals() {
        let refused = RefusedCallers()
        #expect(refused.isNew(1_000, at: .seconds(10)))
        #expect(!refused.isNew(1_000, at: .seconds(69)))
        #expect(refused.isNew(1_001, at: .seconds(69)))
        #expect(refused.isNew(1_000, at: .seconds(70)))
    }
}
