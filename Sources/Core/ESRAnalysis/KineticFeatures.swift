/// Features of the cleaned curve that the estimate rests on.
package struct KineticFeatures: Sendable, Hashable {
    /// Mean level in mm in each equal part of the time used.
    package var levels: [Double]
    /// Mean level in mm of the last part.
    package var fall: Double
    /// Fastest fall in mm/min between two neighbouring parts, at least 0.
    package var speedMax: Double
    /// Minute of the fastest fall.
    package var speedMaxMinute: Double

    init(levels: [Double], minutes: Double) {
        let part = minutes / Double(max(levels.count, 1))
        var speedMax = 0.0
        var speedMaxMinute = 0.0
        for index in levels.indices.dropFirst() {
            let speed = (levels[index] - levels[index - 1]) / part
            if speed > speedMax {
                speedMax = speed
                speedMaxMinute = Double(index) * part
            }
        }
        self.levels = levels
        self.fall = levels.last ?? 0
        self.speedMax = speedMax
        self.speedMaxMinute = speedMaxMinute
    }
}
