package import CORProtocol
package import ESRAnalysis

/// Follows the samples of a running measurement and estimates from what there is, once a minute from the fifth on.
///
/// Live samples are unsigned hints and may be lost; nothing of this is stored or forwarded.
package struct LiveRunTracker: Sendable {
    private static let firstMinute = 5
    private let analyzer: ESRAnalyzer
    private var run: String?
    private var falls: [Double?] = []
    private var lastMinute = 0

    package init(analyzer: ESRAnalyzer) {
        self.analyzer = analyzer
    }

    package mutating func take(_ sample: LiveEvent) -> LiveEstimate? {
        if sample.run != run {
            self = LiveRunTracker(analyzer: analyzer)
            run = sample.run
        }
        guard sample.index >= falls.count, sample.index < CORLimits.sampleCountMax else { return nil }
        // What was lost on the way is a missing sample.
        falls += [Double?](repeating: nil, count: sample.index - falls.count)
        falls.append(sample.fallMicrometres.map { Double($0) / 1_000 })

        let period = Double(sample.samplePeriodMilliseconds) / 1_000
        let minute = Int(Double(sample.index) * period / 60)
        guard minute >= Self.firstMinute, minute > lastMinute else { return nil }
        lastMinute = minute
        let verdict = analyzer.verdict(
            on: ESRAnalysis.SedimentationRun(
                falls: falls, periodSeconds: period, temperature: Double(sample.temperatureMillidegrees) / 1_000,
                tilt: Double(sample.tiltMillidegrees) / 1_000))
        return LiveEstimate(
            minutes: verdict.minutes, millimetresPerHour: verdict.estimate?.value,
            interval90: verdict.estimate?.interval90, reasons: verdict.reasons.map(\.rawValue))
    }
}
