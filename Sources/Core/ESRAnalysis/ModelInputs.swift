/// What the network is shown of a run, in the order of models/esr/features.py; the two must stay the same.
struct ModelInputs {
    /// Equal parts that the time seen is cut into.
    static let partCount = 24
    /// Speeds over the last stretches, in s: whether the fast fall has just begun.
    private static let endWindows = [30.0, 60, 120]
    static let count = partCount - 1 + endWindows.count + 9
    /// mm/min, where the scale of speeds turns from linear to logarithmic
    private static let speedScale = 0.05
    /// mm; less noise is taken for this much
    private static let noiseFloor = 0.02
    private static let referenceTemperature = 20.0

    let values: [Double]

    init(
        curve: CleanedCurve, levels: [Double], temperature: Double, tilt: Double, startUncertaintySeconds: Double
    ) {
        let part = curve.minutes / Double(levels.count)
        var speeds = zip(levels.dropFirst(), levels).map { ($0 - $1) / part }
        let lastSpeed = speeds.last ?? 0
        for seconds in Self.endWindows {
            let count = max(Int((seconds / 60 / curve.periodMinutes).rounded()), 1)
            let end = curve.last + 1
            let late = curve.mean((end - count)..<end)
            let early = curve.mean((end - 2 * count)..<(end - count))
            let minutes = Double(count) * curve.periodMinutes
            speeds.append(late.count > 0 && early.count > 0 ? (late.level - early.level) / minutes : lastSpeed)
        }
        let first = levels.first ?? 0
        let last = levels.last ?? 0
        values =
            speeds.map { ElementaryFunctions.asinh($0 / Self.speedScale) } + [
                ElementaryFunctions.asinh(first), ElementaryFunctions.asinh(last), last / 10, curve.minutes,
                ElementaryFunctions.log(curve.minutes),
                ElementaryFunctions.log(Self.viscosity(Self.referenceTemperature) / Self.viscosity(temperature)),
                ElementaryFunctions.log(1 + 0.30 * ElementaryFunctions.power(abs(tilt) / 3, 2.36)),
                ElementaryFunctions.log(max(curve.noise, Self.noiseFloor)), startUncertaintySeconds / 10,
            ]
    }

    /// Viscosity of water at this temperature in °C, up to a constant factor.
    private static func viscosity(_ temperature: Double) -> Double {
        ElementaryFunctions.exp10(247.8 / (temperature + 273.15 - 140))
    }
}
