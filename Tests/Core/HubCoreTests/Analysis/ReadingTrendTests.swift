import CBORCoding
import CORProtocol
import ESRAnalysis
import HubCore
import Testing

@Suite("The trend of a person's readings")
struct ReadingTrendTests {
    private static let week: Int64 = 7 * 86_400_000

    private func entry(
        _ number: UInt8, _ value: Double, at milliseconds: Int64, lot: String = "L1", model: UInt8 = 1,
        status: ESRStatus = .final
    ) throws -> HistoryEntry {
        let hundredths = Int64(value * 100)
        return HistoryEntry(
            recordID: .of([number]), serial: try #require(DeviceSerial("COR1-0001")), cartridgeLot: lot,
            measuredMilliseconds: milliseconds,
            algorithm: AlgorithmIdentity(
                id: "corhub.esr", version: "1.0.0", modelHash: .of([model]), profile: "short-60/2"),
            output: ESROutput(
                status: status, reasons: [], centiMillimetresPerHour: hundredths,
                interval90: ESRInterval(low: hundredths - 200, high: hundredths + 200), centiMinutes: 3_000,
                comparator: .equal))
    }

    /// Four results of about 15 mm/h, a week apart.
    private func history(lot: String = "L1", model: UInt8 = 1) throws -> [HistoryEntry] {
        try (0..<4).map {
            try entry(UInt8($0), 14 + Double($0) / 2, at: Int64($0) * Self.week, lot: lot, model: model)
        }
    }

    private func level(_ outcome: PersonalTrend.Outcome?) -> PersonalTrend.Level? {
        guard case .compared(let level, _, _, _)? = outcome?.assessment else { return nil }
        return level
    }

    @Test("A value as before is usual, one of four times as much asks for a repetition")
    func levels() throws {
        let usual = try history() + [entry(9, 16, at: 4 * Self.week)]
        #expect(level(PersonalTrend.outcome(of: .of([9]), in: usual)) == .usual)
        let high = try history() + [entry(9, 70, at: 4 * Self.week)]
        #expect(level(PersonalTrend.outcome(of: .of([9]), in: high)) == .repeatAdvised)
    }

    @Test("Only what was measured before counts, in whatever order it was fetched")
    func order() throws {
        // The newest measurement was fetched first, those before it afterwards.
        let shuffled = try [entry(9, 16, at: 4 * Self.week)] + history().reversed()
        #expect(level(PersonalTrend.outcome(of: .of([9]), in: shuffled)) == .usual)
        let first = PersonalTrend.outcome(of: .of([0]), in: shuffled)
        #expect(first?.assessment == PersonalTrend.Assessment.none(.tooFewResults))
    }

    @Test("Another cartridge lot or model marks a discontinuity and starts a new baseline")
    func discontinuity() throws {
        for entry in [
            try entry(9, 16, at: 4 * Self.week, lot: "L2"), try entry(9, 16, at: 4 * Self.week, model: 2),
        ] {
            let outcome = PersonalTrend.outcome(of: .of([9]), in: try history() + [entry])
            #expect(outcome?.isDiscontinuity == true)
            #expect(outcome?.assessment == PersonalTrend.Assessment.none(.tooFewResults))
        }
    }

    @Test("Readings that were analysed again by a new model are compared by it, without a break")
    func reanalysed() throws {
        let old = try history()
        let again = try history(model: 2)
        let outcome = PersonalTrend.outcome(
            of: .of([9]), in: old + again + [try entry(9, 16, at: 4 * Self.week, model: 2)])
        #expect(outcome?.isDiscontinuity == false)
        #expect(level(outcome) == .usual)
    }

    @Test("A reading without a number has no trend, and an entry is read back as it was written")
    func none() throws {
        #expect(PersonalTrend.outcome(of: .of([77]), in: try history()) == nil)
        let entry = try entry(3, 20, at: -5)
        #expect(try HistoryEntry(decoding: entry.encoded()) == entry)
        #expect(entry.trendEntry?.day == -1)
    }
}
