import HubCore
import Testing

@Suite("Delays before a batch is sent again")
struct BackoffPolicyTests {
    private let policy = BackoffPolicy()

    @Test("The first delay lies between the shortest and three times it, by chance")
    func first() {
        #expect(policy.delay(after: nil, asked: nil, spread: .zero, chance: 0) == .seconds(1))
        #expect(policy.delay(after: nil, asked: nil, spread: .zero, chance: 0.5) == .seconds(2))
    }

    @Test("Each later delay may be up to three times the one before, and never beyond the longest")
    func later() {
        #expect(policy.delay(after: .seconds(10), asked: nil, spread: .zero, chance: 0) == .seconds(1))
        for previous in [1, 10, 99, 100, 101, 300] as [Int64] {
            for chance in [0, 0.25, 0.5, 0.999_999] {
                let delay = policy.delay(after: .seconds(previous), asked: nil, spread: .zero, chance: chance)
                #expect(delay >= policy.shortest)
                #expect(delay <= min(policy.longest, .seconds(3 * previous)))
            }
        }
    }

    @Test("What the upstream asks for is kept, and bounded by a day")
    func asked() {
        #expect(policy.delay(after: nil, asked: .seconds(3_600), spread: .zero, chance: 0) == .seconds(3_600))
        #expect(policy.delay(after: .seconds(300), asked: .seconds(1), spread: .zero, chance: 0.9) > .seconds(1))
        #expect(policy.delay(after: nil, asked: .seconds(86_400), spread: .zero, chance: 0) == .seconds(86_400))
        #expect(policy.delay(after: nil, asked: .seconds(86_401), spread: .zero, chance: 0) == .seconds(86_400))
    }

    @Test("Threat 23: hubs that were told the same time come back spread over a minute, and none before that time")
    func stampede() {
        let delays = stride(from: 0.0, to: 1, by: 0.001).map {
            policy.delay(after: nil, asked: .seconds(120), spread: .seconds(60), chance: $0)
        }
        #expect(delays.min() == .seconds(120))
        #expect(delays.max().map { $0 > .seconds(179) && $0 <= .seconds(180) } == true)
        for second in 0..<60 {
            let share = delays.count { $0 >= .seconds(120 + second) && $0 < .seconds(121 + second) }
            #expect((10...25).contains(share), "second \(second)")
        }
        // A short time is spread over itself only.
        #expect(policy.delay(after: nil, asked: .seconds(6), spread: .seconds(60), chance: 0.5) == .seconds(9))
    }
}
