import HubCore
import Testing

@Suite("Delays before a batch is sent again")
struct BackoffPolicyTests {
    private let policy = BackoffPolicy()

    @Test("The first delay lies between the shortest and three times it, by chance")
    func first() {
        #expect(policy.delay(after: nil, asked: nil, chance: 0) == .seconds(1))
        #expect(policy.delay(after: nil, asked: nil, chance: 0.5) == .seconds(2))
    }

    @Test("Each later delay may be up to three times the one before, and never beyond the longest")
    func later() {
        #expect(policy.delay(after: .seconds(10), asked: nil, chance: 0) == .seconds(1))
        for previous in [1, 10, 99, 100, 101, 300] as [Int64] {
            for chance in [0, 0.25, 0.5, 0.999_999] {
                let delay = policy.delay(after: .seconds(previous), asked: nil, chance: chance)
                #expect(delay >= policy.shortest)
                #expect(delay <= min(policy.longest, .seconds(3 * previous)))
            }
        }
    }

    @Test("What the upstream asks for is kept, and bounded by a day")
    func asked() {
        #expect(policy.delay(after: nil, asked: .seconds(3_600), chance: 0) == .seconds(3_600))
        #expect(policy.delay(after: .seconds(300), asked: .seconds(1), chance: 0.9) > .seconds(1))
        #expect(policy.delay(after: nil, asked: .seconds(86_400), chance: 0) == .seconds(86_400))
        #expect(policy.delay(after: nil, asked: .seconds(86_401), chance: 0) == .seconds(86_400))
    }
}
