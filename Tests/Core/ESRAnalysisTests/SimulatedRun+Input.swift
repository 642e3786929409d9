import DeviceSimulator
import ESRAnalysis

extension SimulatedRun {
    /// The run as the hub hands it to the analysis.
    var input: ESRAnalysis.SedimentationRun {
        SedimentationRun(
            falls: falls, periodSeconds: periodSeconds,
            temperature: temperatures.reduce(0, +) / Double(temperatures.count), temperatureTrace: temperatures,
            tilt: tilts.reduce(0, +) / Double(tilts.count), tiltTrace: tilts,
            geometry: ColumnGeometry(columnLength: columnLength, dilution: dilution),
            startEvent: .uncertain(seconds: startUncertaintySeconds))
    }

    /// A clean 30 minute run of blood with an ESR of about 25 mm/h, in a quiet room.
    static var clean: SimulatedRun {
        var source = SedimentationRunSource(seed: 11)
        var run = source.run(of: .ordinary)
        run.temperatures = run.temperatures.map { _ in 21 }
        run.tilts = run.tilts.map { _ in 0.2 }
        return run
    }
}

extension SedimentationModel {
    static let ordinary = SedimentationModel(
        gamma: 130, onsetMinute: 40, onsetWidth: 2, earlyShare: 0.28, aggregationMinutes: 1.5, cellFraction: 0.32,
        packedFraction: 0.86)
}
