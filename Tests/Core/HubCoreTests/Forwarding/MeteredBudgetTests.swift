import CORProtocol
import HubCore
import Testing

@Suite("A daily budget for raw records")
struct MeteredBudgetTests {
    private let day = 10_000_000

    @Test("What was spent is gone for 24 hours from the first record on")
    func window() {
        var budget = MeteredBudget()
        #expect(budget.allowance(of: day, at: .at()).lengthMax == day)
        budget.spend(9_999_999, at: .at(100))
        #expect(budget.allowance(of: day, at: .at(200)).lengthMax == 1)
        budget.spend(5, at: .at(86_400))
        #expect(budget.allowance(of: day, at: .at(86_499)).lengthMax == 0)
        #expect(budget.used(at: .at(86_499)) == 10_000_004)
        #expect(budget.allowance(of: day, at: .at(86_500)).lengthMax == day)
        budget.spend(7, at: .at(86_500))
        #expect(budget.used(at: .at(86_501)) == 7)
    }

    @Test("A wall clock that jumps opens no new window within a boot")
    func jump() {
        var budget = MeteredBudget()
        budget.spend(day, at: .at())
        var now = TimeBlock.at(60)
        now.wallMilliseconds += 864_000_000
        #expect(budget.allowance(of: day, at: now).lengthMax == 0)
    }

    @Test("Over a restart set clocks count, and without them only what this boot has lasted")
    func restart() {
        var budget = MeteredBudget()
        budget.spend(day, at: .at())
        func after(_ wall: Int64, boot seconds: Double, _ sync: ClockSync) -> Int {
            var now = TimeBlock.at(seconds)
            now.bootID = [UInt8](repeating: 8, count: 16)
            now.wallMilliseconds = TimeBlock.at().wallMilliseconds + wall * 1_000
            now.sync = sync
            return budget.allowance(of: day, at: now).lengthMax
        }
        #expect(after(86_399, boot: 30, .synchronised) == 0)
        #expect(after(86_400, boot: 30, .synchronised) == day)
        #expect(after(86_400, boot: 30, .never) == 0)
        #expect(after(0, boot: 86_400, .never) == day)
    }

    @Test("A record that is longer than a day's budget goes alone in a fresh window, so that it does not wait for ever")
    func longRecord() {
        var budget = MeteredBudget()
        #expect(budget.allowance(of: 2_000, at: .at()) == RawAllowance(lengthMax: 2_000, takesFirst: true))
        budget.spend(5_000, at: .at())
        #expect(budget.allowance(of: 2_000, at: .at(1)) == RawAllowance(lengthMax: 0, takesFirst: false))
    }

    @Test("It is kept over a restart, and what cannot be read counts as nothing used")
    func encoding() {
        var budget = MeteredBudget()
        #expect(MeteredBudget(encoded: budget.encoded) == budget)
        budget.spend(4_242, at: .at(5))
        #expect(MeteredBudget(encoded: budget.encoded) == budget)
        for bytes in [[], [0x80], [0x82, 0x01, 0x02], [0xFF], Array(budget.encoded.dropLast())] as [[UInt8]] {
            #expect(MeteredBudget(encoded: bytes) == MeteredBudget())
        }
    }
}
