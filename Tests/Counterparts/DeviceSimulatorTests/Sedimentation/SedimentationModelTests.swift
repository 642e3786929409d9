import DeviceSimulator
import Testing

@Suite("Blood that settles")
struct SedimentationModelTests {
    private let blood = SedimentationModel(
        gamma: 130, onsetMinute: 40, onsetWidth: 2, earlyShare: 0.28, aggregationMinutes: 1.5, cellFraction: 0.32,
        packedFraction: 0.86)

    private func falls(_ column: SedimentationModel.Column, minutes: Int = 60) -> [Double] {
        blood.falls(in: column, count: minutes * 12 + 1, periodSeconds: 5)
    }

    @Test("The interface only ever falls, and starts at the top")
    func monotone() {
        let falls = falls(.init(length: 60))
        #expect(falls.count == 721)
        #expect(falls[0] == 0)
        #expect(zip(falls, falls.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("No column packs denser than its cells allow")
    func packing() throws {
        var fast = blood
        fast.gamma = 5_000
        fast.onsetMinute = 1
        let last = try #require(fast.falls(in: .init(length: 60), count: 5_000, periodSeconds: 5).last)
        #expect(last < 60 * (1 - 0.32 / 0.86))
        #expect(last > 60 * (1 - 0.32 / 0.86) - 1)
    }

    @Test("Warmth and tilt speed the fall up as published")
    func influences() {
        let early = { (column: SedimentationModel.Column) in self.falls(column, minutes: 10)[120] }
        let upright = early(.init(length: 200))
        #expect(abs(early(.init(length: 200, temperature: 25)) / upright - 1.126) < 0.02)
        #expect(abs(early(.init(length: 200, tilt: 3)) / upright - 1.30) < 0.02)
        #expect(abs(early(.init(length: 200, tilt: 5)) / upright - 2.0) < 0.05)
    }

    @Test("A stalled column stays where it is")
    func stall() {
        var column = SedimentationModel.Column(length: 60)
        column.slowing = (minute: 10, share: 0)
        let falls = falls(column)
        #expect(falls[121] == falls[720])
        #expect(falls[120] > falls[60])
    }

    @Test("The hospital population has the readings of the published 220 patients")
    func population() {
        var generator = SeededGenerator(seed: 31)
        var readings: [[Double]] = [[], [], []]
        for _ in 0..<600 {
            let blood = Population.hospital.blood(using: &generator)
            let falls = blood.falls(in: .init(length: 200), count: 121, periodSeconds: 30)
            for (index, sample) in [30, 60, 120].enumerated() {
                readings[index].append(falls[sample])
            }
        }
        let means = readings.map { $0.reduce(0, +) / Double($0.count) }
        // Generator's own figures for a large draw: 9.1, 19.8 and 37.7 mm after 15, 30 and 60 minutes.
        for (mean, (expected, tolerance)) in zip(means, [(9.1, 1.5), (19.8, 2.6), (37.7, 3.7)]) {
            #expect(abs(mean - expected) < tolerance)
        }
    }
}
