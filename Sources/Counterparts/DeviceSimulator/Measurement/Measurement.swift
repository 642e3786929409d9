package import CORProtocol

/// A sedimentation run that is under way: its samples are drawn, and come out one by one as time passes.
package struct Measurement: Sendable, Hashable {
    package let run: SimulatedRun
    package let cartridge: Cartridge
    package let seed: UInt64
    /// When sample 0 was taken.
    package let startedAt: Duration
    /// Between two samples as the simulation passes, which is the run's own period divided by its speed.
    private let sampleInterval: Duration
    package private(set) var sampleCount = 0

    /// - Parameter speed: how many times faster than life the run passes, > 0.
    package init(run: SimulatedRun, cartridge: Cartridge, seed: UInt64, startedAt: Duration, speed: Double) {
        precondition(speed > 0, "time passes forwards")
        self.run = run
        self.cartridge = cartridge
        self.seed = seed
        self.startedAt = startedAt
        sampleInterval = .seconds(run.periodSeconds) / speed
    }

    package var isComplete: Bool {
        sampleCount >= run.falls.count
    }

    /// When the next sample is due; once all are taken, the moment of the last.
    package var deadline: Duration {
        startedAt + sampleInterval * min(sampleCount, max(run.falls.count - 1, 0))
    }

    /// Takes the samples that are due, and returns their indices.
    package mutating func takeSamples(until now: Duration) -> Range<Int> {
        let first = sampleCount
        while !isComplete, deadline <= now {
            sampleCount += 1
        }
        return first..<sampleCount
    }

    package var samplePeriodMilliseconds: UInt32 {
        UInt32((run.periodSeconds * 1_000).rounded())
    }

    /// The sample as the live event tells it.
    package func liveEvent(at index: Int) -> LiveEvent {
        LiveEvent(
            run: cartridge.id, index: index, fallMicrometres: run.falls[index].map(Self.micrometres),
            temperatureMillidegrees: Self.milli(trace: run.temperatures, at: minute(of: index), otherwise: 20_000),
            tiltMillidegrees: Self.milli(trace: run.tilts, at: minute(of: index), otherwise: 0),
            samplePeriodMilliseconds: samplePeriodMilliseconds)
    }

    /// What the record says of the samples taken so far.
    ///
    /// - Parameter closed: the device's clocks now. The start is dated back from there by the run's own duration, so that a
    ///   run that passed faster than life still spans the time that it claims.
    package func sedimentationRun(closed: DeviceTime, end: EndReason) -> SedimentationRun {
        let span = UInt64(samplePeriodMilliseconds) * UInt64(max(sampleCount - 1, 0))
        let started = DeviceTime(
            uptimeMilliseconds: closed.uptimeMilliseconds - min(span, closed.uptimeMilliseconds),
            wallMilliseconds: closed.wallMilliseconds.map { max($0 - Int64(span), 0) })
        let minuteCount = sampleCount == 0 ? 0 : minute(of: sampleCount - 1) + 1
        return SedimentationRun(
            cartridge: cartridge,
            geometry: ColumnGeometry(
                profile: "esr-profile/short-60", columnMicrometres: UInt32((run.columnLength * 1_000).rounded()),
                bloodPerMille: UInt16((run.dilution * 1_000).rounded())),
            calibrationID: "factory-1",
            start: StartEvent(
                time: started, uncertaintyMilliseconds: UInt32((run.startUncertaintySeconds * 1_000).rounded())),
            samplePeriodMilliseconds: samplePeriodMilliseconds,
            fallsMicrometres: run.falls.prefix(sampleCount).map { $0.map(Self.micrometres) },
            temperature: SampleTrace(
                periodMilliseconds: 60_000, values: run.temperatures.prefix(minuteCount).map { Self.milli($0) }),
            tilt: SampleTrace(periodMilliseconds: 60_000, values: run.tilts.prefix(minuteCount).map { Self.milli($0) }),
            end: end)
    }

    private func minute(of index: Int) -> Int {
        Int(Double(index) * run.periodSeconds / 60)
    }

    /// mm to µm within the record's bounds: firmware-specs/cddl/record.cddl, `fall`.
    private static func micrometres(_ millimetres: Double) -> Int32 {
        Int32(min(max((millimetres * 1_000).rounded(), -200_000), 200_000))
    }

    /// Thousandths within the record's bounds: firmware-specs/cddl/record.cddl, `trace-value`.
    private static func milli(_ value: Double) -> Int32 {
        Int32(min(max((value * 1_000).rounded(), -1_000_000), 1_000_000))
    }

    private static func milli(trace: [Double], at index: Int, otherwise: Int32) -> Int32 {
        trace.indices.contains(index) ? milli(trace[index]) : trace.last.map(milli) ?? otherwise
    }
}
