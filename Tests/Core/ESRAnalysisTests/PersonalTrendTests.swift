import ESRAnalysis
import Testing

@Suite("Personal trend")
struct PersonalTrendTests {
    private let instrument = PersonalTrend.Instrument(
        device: "COR-1", cartridgeLot: "L1", algorithm: "corhub.esr 0.2.0", model: "m", profile: "short-60/2")

    private func entry(_ value: Double, day: Int = 100, isFinal: Bool = true, lot: String = "L1")
        -> PersonalTrend.Entry
    {
        var instrument = instrument
        instrument.cartridgeLot = lot
        return PersonalTrend.Entry(
            value: value, interval90: max(value - 3, 0)...(value + 3), day: day, isFinal: isFinal,
            instrument: instrument)
    }

    /// Results around `value`, one every five days.
    private func history(_ value: Double, count: Int, every days: Int = 5) -> [PersonalTrend.Entry] {
        (0..<count).map { entry(value + Double($0 % 3) - 1, day: $0 * days) }
    }

    private func level(_ outcome: PersonalTrend.Outcome) -> PersonalTrend.Level? {
        if case .compared(let level, _, _, _) = outcome.assessment { level } else { nil }
    }

    @Test("Four final results in three weeks make a baseline, three or two weeks do not")
    func baseline() {
        let four = PersonalTrend.outcome(of: entry(20), after: history(20, count: 4))
        #expect(level(four) == .usual)
        let three = PersonalTrend.outcome(of: entry(20), after: history(20, count: 3))
        #expect(three.assessment == .none(.tooFewResults))
        let twoWeeks = PersonalTrend.outcome(of: entry(20), after: history(20, count: 4, every: 3))
        #expect(twoWeeks.assessment == .none(.tooFewWeeks))
        var preliminary = history(20, count: 4)
        preliminary[1].isFinal = false
        #expect(PersonalTrend.outcome(of: entry(20), after: preliminary).assessment == .none(.tooFewResults))
    }

    @Test("It takes more than a doubling to advise a repetition; a little more is usual")
    func levels() {
        let past = history(20, count: 8)
        #expect(level(PersonalTrend.outcome(of: entry(26), after: past)) == .usual)
        #expect(level(PersonalTrend.outcome(of: entry(38), after: past)) == .noticeable)
        #expect(level(PersonalTrend.outcome(of: entry(60), after: past)) == .repeatAdvised)
        // A low value is known less well on this scale.
        #expect(level(PersonalTrend.outcome(of: entry(7), after: past)) == .noticeable)
    }

    @Test("Below 10 mm/h there is no trend")
    func low() {
        #expect(PersonalTrend.outcome(of: entry(9), after: history(3, count: 6)).assessment == .none(.tooLow))
        #expect(level(PersonalTrend.outcome(of: entry(18), after: history(3, count: 6))) != nil)
    }

    @Test("Another cartridge lot, device, model or profile is a discontinuity, and nothing before it counts")
    func discontinuity() {
        let past = history(20, count: 8)
        let first = PersonalTrend.outcome(of: entry(60, lot: "L2"), after: past)
        #expect(first == .init(assessment: .none(.tooFewResults), isDiscontinuity: true))
        let second = PersonalTrend.outcome(of: entry(60, lot: "L2"), after: past + [entry(55, lot: "L2")])
        #expect(second == .init(assessment: .none(.tooFewResults), isDiscontinuity: false))
        // Back to the old lot: what stood before the change does not come back.
        let back = PersonalTrend.outcome(of: entry(20), after: past + [entry(55, lot: "L2")])
        #expect(back == .init(assessment: .none(.tooFewResults), isDiscontinuity: true))
    }

    @Test("Values that are no numbers are neither compared nor counted", arguments: [Double.nan, .infinity, -1])
    func unsound(value: Double) {
        var bad = entry(20)
        bad.value = value
        #expect(PersonalTrend.outcome(of: bad, after: history(20, count: 8)).assessment == .none(.notComparable))
        let past = history(20, count: 3) + [bad]
        #expect(PersonalTrend.outcome(of: entry(20), after: past).assessment == .none(.tooFewResults))
    }

    @Test("Only the last ten results and the last thousand entries are looked at")
    func bounds() {
        let old = (0..<20).map { entry(100, day: $0 * 7) }
        let recent = (20..<30).map { entry(20, day: $0 * 7) }
        let outcome = PersonalTrend.outcome(of: entry(20, day: 300), after: old + recent)
        guard case .compared(.usual, let baseline, _, 10) = outcome.assessment else {
            Issue.record("\(outcome)")
            return
        }
        #expect(abs(baseline - 20) < 1e-9)
        let long = (0..<5_000).map { entry(20, day: $0) }
        #expect(level(PersonalTrend.outcome(of: entry(20), after: long)) == .usual)
    }

    @Test("The reference limit is half the age for men, and half of ten more for women, within the rule's ages")
    func reference() {
        #expect(ReferenceInterval(age: 60, sex: .male)?.upperLimit == 30)
        #expect(ReferenceInterval(age: 60, sex: .female)?.upperLimit == 35)
        #expect(ReferenceInterval(age: 19, sex: .male) == nil)
        #expect(ReferenceInterval(age: 20, sex: .male) != nil)
        #expect(ReferenceInterval(age: 90, sex: .female) != nil)
        #expect(ReferenceInterval(age: 91, sex: .female) == nil)
        #expect(ReferenceInterval(age: .min, sex: .female) == nil)
    }
}
