import DeviceSimulator
import ESRAnalysis
import Testing

/// The gates on the curve itself, each beside a disturbance that is small enough to pass.
@Suite("Gates on the curve")
struct CurveGateTests {
    private let analyzer = ESRAnalyzer()
    private let clean = SimulatedRun.clean.input

    private func reasons(_ change: (Int, Double) -> Double?) -> [ESRReason] {
        var run = clean
        run.falls = run.falls.enumerated().map { index, fall in fall.flatMap { change(index, $0) } }
        return analyzer.verdict(on: run).reasons.filter { $0.consequence == .noResult }
    }

    private func expectOnly(
        _ expected: [ESRReason], location: SourceLocation = #_sourceLocation, _ change: (Int, Double) -> Double?
    ) {
        let found = reasons(change)
        #expect(found == expected, sourceLocation: location)
    }

    private func expectFound(
        _ expected: ESRReason, location: SourceLocation = #_sourceLocation, _ change: (Int, Double) -> Double?
    ) {
        let found = reasons(change)
        #expect(found.contains(expected), sourceLocation: location)
    }

    @Test("A start level of 1 mm is the most that a full column shows")
    func underfill() {
        expectOnly([]) { _, fall in fall + 0.5 }
        expectFound(.underfill) { _, fall in fall + 1.5 }
        expectFound(.underfill) { _, fall in fall - 1.5 }
    }

    @Test("A step of 1 mm is found in either direction, one of 0.2 mm passes")
    func steps() {
        expectOnly([]) { $0 < 200 ? $1 : $1 + 0.2 }
        expectFound(.levelStep) { $0 < 200 ? $1 : $1 + 1 }
        expectFound(.levelFellBack) { $0 < 200 ? $1 : $1 - 1 }
    }

    @Test("A step is found up to the last two samples", arguments: [2, 3, 5, 20])
    func lateStep(samples: Int) {
        let from = clean.falls.count - samples
        expectFound(.levelStep) { $0 < from ? $1 : $1 + 3 }
    }

    @Test("Single outliers are set aside and change little")
    func outliers() throws {
        var run = clean
        for index in stride(from: 20, to: 340, by: 40) {
            run.falls[index] = run.falls[index].map { $0 + (index % 80 == 20 ? 5 : -5) }
        }
        let disturbed = try #require(analyzer.verdict(on: run).estimate)
        let undisturbed = try #require(analyzer.verdict(on: clean).estimate)
        #expect(abs(disturbed.value - undisturbed.value) < 1)
    }

    @Test("Noise of a haemolysed sample is refused, and so is no noise at all")
    func noise() {
        var generator = SeededGenerator(seed: 3)
        expectFound(.noiseExcess) { _, fall in fall + 0.8 * generator.normal() }
        expectFound(.noiseDeficient) { index, _ in 0.01 * Double(index) }
        expectFound(.noiseDeficient) { _, fall in fall / 10 }  // cm
    }

    @Test("A fall that stops half way is a stall")
    func stall() throws {
        let middle = try #require(clean.falls[150])
        var generator = SeededGenerator(seed: 4)
        expectOnly([.fallStalled]) { $0 < 150 ? $1 : middle + 0.1 * generator.normal() }
    }

    @Test("A reversed axis and heights in the place of falls are refused")
    func axis() {
        expectFound(.axisReversed) { _, fall in -fall }
        expectFound(.axisReversed) { _, fall in 60 - fall }
        expectFound(.underfill) { _, fall in 60 - fall }
    }

    @Test("Micrometres in the place of millimetres are refused")
    func micrometres() {
        expectFound(.levelOutOfColumn) { _, fall in fall * 1_000 }
    }

    @Test("A tenth of the samples may be missing, a quarter may not, nor may two minutes in a row")
    func missing() {
        expectOnly([]) { $0 % 10 == 5 ? nil : $1 }
        expectOnly([.samplesMissing]) { $0 % 4 == 1 ? nil : $1 }
        expectOnly([]) { (100..<117).contains($0) ? nil : $1 }
        expectOnly([.samplesGap]) { (100..<124).contains($0) ? nil : $1 }
        expectOnly([.samplesGap]) { $0 > 336 ? nil : $1 }
    }

    @Test("A level that stands still to less than its noise for two minutes is a frozen sensor, a minute is not")
    func frozen() throws {
        let middle = try #require(clean.falls[100])
        expectFound(.levelFrozen) { (100..<124).contains($0) ? middle : $1 }
        let minute = reasons { (100..<112).contains($0) ? middle : $1 }
        #expect(!minute.contains(.levelFrozen))
    }

    @Test(
        "A last sample that stands alone may be the first behind a step, so the run is refused; one before it may not")
    func lastSample() {
        let last = clean.falls.count - 1
        expectFound(.levelStep) { $0 == last ? $1 + 1.5 : $1 }
        expectFound(.levelFellBack) { $0 == last ? $1 - 1.5 : $1 }
        expectOnly([]) { $0 == last - 3 ? $1 + 1.5 : $1 }
    }

    @Test(
        "A step of 1 mm is found at the first and the last samples, and a single outlier there is none",
        arguments: 1...4)
    func stepsAtTheEnds(count: Int) {
        let last = clean.falls.count - count
        expectFound(.levelStep) { $0 < count ? $1 : $1 + 1 }
        expectFound(.levelFellBack) { $0 < count ? $1 : $1 - 1 }
        expectFound(.levelStep) { $0 < last ? $1 : $1 + 1 }
        expectFound(.levelFellBack) { $0 < last ? $1 : $1 - 1 }
        expectOnly([]) { $0 == 0 ? $1 + 2 : $1 }
    }

    @Test("In blood that hardly falls, a level that falls back by 0.4 mm is found; without it the run passes")
    func slowKnock() {
        var source = SedimentationRunSource(seed: 12)
        var slow = source.run(
            of: SedimentationModel(
                gamma: 30, onsetMinute: 80, onsetWidth: 4, earlyShare: 0.28, aggregationMinutes: 1.5,
                cellFraction: 0.34,
                packedFraction: 0.86))
        slow.temperatures = slow.temperatures.map { _ in 21 }
        slow.tilts = slow.tilts.map { _ in 0.2 }
        var run = slow.input
        #expect(analyzer.verdict(on: run).estimate != nil)
        run.falls = run.falls.enumerated().map { index, fall in fall.map { index < 300 ? $0 : $0 - 0.4 } }
        #expect(analyzer.verdict(on: run).reasons.contains(.levelFellBack))
    }
}
