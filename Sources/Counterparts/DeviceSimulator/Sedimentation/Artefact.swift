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
