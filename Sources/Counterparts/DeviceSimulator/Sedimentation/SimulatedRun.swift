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

/// What can go wrong with a run, as drawn by `SedimentationRunSource`.
package enum Artefact: String, Sendable, Hashable, CaseIterable {
    case none
    /// The fall slows to 0-15 % from some moment on.
    case clot
    /// A step of 1-5 mm in either direction.
    case bubble
    /// Additional white noise of 0.8 mm.
    case haemolysis
    /// The level falls back by 40-100 % of the way.
    case knock
    /// The column is 4-15 mm short.
    case underfill
    /// The device leans by 3-8 degrees.
    case tilted
    /// The run starts 60-170 s late and is zeroed there.
    case lateStart = "late_start"
    /// The level freezes at some moment.
    case stalled
}

/// The population that a run's blood is drawn from.
package enum Population: String, Sendable, Hashable, CaseIterable {
    case hospital
    case healthy
    /// Half hospital, half healthy.
    case home
}
