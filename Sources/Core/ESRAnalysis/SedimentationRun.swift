/// One sedimentation run as measured: what the analysis is given, and all that it is given.
///
/// Sample `i` was taken `i × periodSeconds` after the start event, which `startEvent` dates.
package struct SedimentationRun: Sendable, Hashable {
    /// How well the moment is known at which the blood began to settle.
    package enum StartEvent: Sendable, Hashable {
        /// Known within the profile's own uncertainty.
        case withinProfile
        /// Known within this many seconds (one standard deviation).
        case uncertain(seconds: Double)
        /// No start event was recorded.
        case missing

        /// s, one standard deviation; of a missing one, which has no result, as if it were known.
        func uncertainty(in profile: ESRProfile) -> Double {
            switch self {
            case .uncertain(let seconds): seconds
            case .withinProfile, .missing: profile.startUncertaintySeconds
            }
        }
    }

    /// What is known of the cartridge's lot.
    package enum CartridgeLot: Sendable, Hashable {
        case valid
        case expired
        case unknown
    }

    /// Fall of the interface below its start level in mm, downwards positive; `nil` is a missing sample.
    package var falls: [Double?]
    /// Time between two samples, in s.
    package var periodSeconds: Double
    /// Mean temperature of the run in °C; `nil` is unknown.
    package var temperature: Double?
    /// Temperature in °C over the run, at equal distances from start to end; may be empty.
    package var temperatureTrace: [Double]
    /// Mean deviation of the column from the vertical in degrees; `nil` is unknown.
    package var tilt: Double?
    /// Tilt in degrees over the run, at equal distances from start to end; may be empty.
    package var tiltTrace: [Double]
    package var geometry: ColumnGeometry
    package var startEvent: StartEvent
    package var cartridgeLot: CartridgeLot
    /// Age of the blood sample at the start event in s; `nil` is unknown, which a home device's user states.
    package var sampleAgeSeconds: Double?
    /// The device reported a clock fault during the run, so that the sample times are not to be trusted.
    package var hasClockFault: Bool
    /// This run, or another one with the same cartridge, was analysed before.
    package var isDuplicate: Bool
    /// The run was fetched after the fact and not while it was made.
    package var isBackfilled: Bool

    package init(
        falls: [Double?],
        periodSeconds: Double,
        temperature: Double?,
        temperatureTrace: [Double] = [],
        tilt: Double?,
        tiltTrace: [Double] = [],
        geometry: ColumnGeometry = .short60,
        startEvent: StartEvent = .withinProfile,
        cartridgeLot: CartridgeLot = .valid,
        sampleAgeSeconds: Double? = nil,
        hasClockFault: Bool = false,
        isDuplicate: Bool = false,
        isBackfilled: Bool = false
    ) {
        self.falls = falls
        self.periodSeconds = periodSeconds
        self.temperature = temperature
        self.temperatureTrace = temperatureTrace
        self.tilt = tilt
        self.tiltTrace = tiltTrace
        self.geometry = geometry
        self.startEvent = startEvent
        self.cartridgeLot = cartridgeLot
        self.sampleAgeSeconds = sampleAgeSeconds
        self.hasClockFault = hasClockFault
        self.isDuplicate = isDuplicate
        self.isBackfilled = isBackfilled
    }

    /// The reported mean temperature in °C, or else the mean of the trace.
    var meanTemperature: Double? { temperature ?? Self.mean(temperatureTrace) }
    /// The reported mean tilt in degrees, or else the mean of the trace.
    var meanTilt: Double? { tilt ?? Self.mean(tiltTrace) }

    private static func mean(_ trace: [Double]) -> Double? {
        trace.isEmpty ? nil : trace.reduce(0, +) / Double(trace.count)
    }
}
