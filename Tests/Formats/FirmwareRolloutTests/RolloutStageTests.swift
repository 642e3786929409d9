import CORProtocol
import FirmwareRollout
import MCUbootImage
import Testing

@Suite("Stages and cohorts")
struct RolloutStageTests {
    private func rollout(_ stages: [Rollout.Stage]) -> Rollout {
        Rollout(
            id: "r", release: ImageVersion(major: 1, minor: 0, revision: 0), stages: stages,
            failureLimit: .init(perTenThousand: 1, attemptedMin: 1, failedMax: 1), expires: 1_000_000)
    }

    @Test("A stage that was opened early waits until the one before it has soaked")
    func soak() {
        let stages = [
            Rollout.Stage(threshold: 1, earliest: 100, soak: 50, opened: 120),
            Rollout.Stage(threshold: 2, earliest: 100, soak: 50, opened: 121),
            Rollout.Stage(threshold: 3, earliest: 500, soak: 50, opened: 130),
            Rollout.Stage(threshold: 4, earliest: 500, soak: 0),
        ]
        #expect(rollout(stages).beginnings == [120, 170, 500, nil])
    }

    @Test("Who is in stays in when the threshold rises, and about as many are in as the threshold says")
    func thresholds() throws {
        let places = try (0..<20_000).map { number in
            Cohort(of: try #require(DeviceSerial("COR1-\(number)")), in: "spring").place
        }
        #expect(places.allSatisfy { (0..<Cohort.count).contains($0) })
        for threshold in [100, 1_000, 5_000] {
            let share = Double(places.filter { $0 < threshold }.count) / Double(places.count)
            let expected = Double(threshold) / 10_000
            // Five standard deviations of a binomial count.
            #expect(abs(share - expected) < 5 * (expected * (1 - expected) / 20_000).squareRoot())
        }
    }

    @Test("Each rollout begins with other homes")
    func otherHomes() throws {
        let serials = try (0..<2_000).map { try #require(DeviceSerial("COR1-\($0)")) }
        let first = serials.filter { Cohort(of: $0, in: "spring").isWithin(1_000) }
        let both = first.filter { Cohort(of: $0, in: "summer").isWithin(1_000) }
        #expect(both.count * 4 < first.count)
    }
}
