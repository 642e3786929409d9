/// One simulated sedimentation run: what the virtual sensor reports, and the truth that it never tells.
package struct SimulatedRun: Sendable, Hashable {
    /// Fall of the interface in mm at `i × periodSeconds` after the start event; `nil` is a dropout.
    package var falls: [Double?]
    package var periodSeconds: Double
    /// Reported temperature in °C, one value a minute.
    package var temperatures: [Double]
    /// Reported tilt in degrees, one value a minute.
    package var tilts: [Double]
    /// Length of the column in mm.
    package var columnLength: Double
    /// Share of blood in the mixture, 0 to 1.
    package var dilution: Double
    /// One standard deviation of the start event in s.
    package var startUncertaintySeconds: Double
    /// What disturbed the run.
    package var artefact: Artefact
    /// The hour's fall in mm in a vertical 200 mm column at 20 °C: what the run is to be judged by.
    package var truth: Double
}
