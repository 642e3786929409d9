import ESRAnalysis
import JSONCoding

/// One line of `corhub analyze`: a JSON object that holds a run.
///
/// | member | meaning |
/// |---|---|
/// | `index` | integer that names the run in the output; optional |
/// | `z_mm` | fall in mm at each sample from the start event on, `null` where missing |
/// | `period_s` | time between two samples in s |
/// | `temp_c`, `tilt_deg` | means of the run in °C and degrees; `null` or absent is unknown |
/// | `temp_trace_c`, `tilt_trace_deg` | the same over the run, at equal distances; optional |
/// | `profile` | `column_mm`, `dilution` (share of blood), `t0_sd_s` (start uncertainty in s); each optional |
/// | `start_uncertainty_s` | number: uncertainty of the start in s; `null`: no start event; absent: as the profile says |
/// | `sample_age_s` | age of the blood at the start in s; optional |
/// | `clock_fault`, `duplicate` | booleans; optional |
///
/// Other members, `label` and `truth` among them, are not read.
struct AnalyzeInput: Sendable {
    /// Why a line holds no run.
    enum Refusal: Error, Sendable, Hashable {
        case malformed(JSONError)
        case notAnObject
        case missing(member: String)
        case wrongType(member: String)
    }

    /// A run of a million samples is read, and then refused for its length.
    static let limits = JSONLimits(lengthMax: 1 << 26, depthMax: 8, itemCountMax: 1 << 22)

    private let object: JSONValue
    /// What the line calls itself.
    let index: Int64?

    init(_ line: String) throws(Refusal) {
        do {
            object = try JSONValue.parse(line, limits: Self.limits)
        } catch {
            throw .malformed(error)
        }
        guard object.objectValue != nil else { throw .notAnObject }
        index = object["index"]?.integerValue
    }

    /// The run that the line holds.
    func run() throws(Refusal) -> SedimentationRun {
        guard let falls = try trace("z_mm") else { throw .missing(member: "z_mm") }
        guard let period = try number("period_s", in: object) else { throw .missing(member: "period_s") }
        return SedimentationRun(
            falls: falls, periodSeconds: period,
            temperature: try number("temp_c", in: object), temperatureTrace: try present("temp_trace_c"),
            tilt: try number("tilt_deg", in: object), tiltTrace: try present("tilt_trace_deg"),
            geometry: try geometry(), startEvent: try startEvent(),
            sampleAgeSeconds: try number("sample_age_s", in: object),
            hasClockFault: try flag("clock_fault"), isDuplicate: try flag("duplicate"))
    }

    private func geometry() throws(Refusal) -> ColumnGeometry {
        var geometry = ColumnGeometry.short60
        guard let profile = try profile() else { return geometry }
        geometry.columnLength = try number("column_mm", in: profile) ?? geometry.columnLength
        geometry.dilution = try number("dilution", in: profile) ?? geometry.dilution
        return geometry
    }

    private func startEvent() throws(Refusal) -> SedimentationRun.StartEvent {
        if let stated = object["start_uncertainty_s"] {
            guard !stated.isNull else { return .missing }
            guard let seconds = stated.numberValue else { throw .wrongType(member: "start_uncertainty_s") }
            return .uncertain(seconds: seconds)
        }
        guard let profile = try profile(), let seconds = try number("t0_sd_s", in: profile) else {
            return .withinProfile
        }
        return .uncertain(seconds: seconds)
    }

    private func profile() throws(Refusal) -> JSONValue? {
        guard let profile = object["profile"], !profile.isNull else { return nil }
        guard profile.objectValue != nil else { throw .wrongType(member: "profile") }
        return profile
    }

    private func number(_ member: String, in object: JSONValue) throws(Refusal) -> Double? {
        guard let value = object[member], !value.isNull else { return nil }
        guard let number = value.numberValue else { throw .wrongType(member: member) }
        return number
    }

    private func flag(_ member: String) throws(Refusal) -> Bool {
        guard let value = object[member], !value.isNull else { return false }
        guard let flag = value.boolValue else { throw .wrongType(member: member) }
        return flag
    }

    private func trace(_ member: String) throws(Refusal) -> [Double?]? {
        guard let value = object[member], !value.isNull else { return nil }
        guard let elements = value.arrayValue else { throw .wrongType(member: member) }
        var trace: [Double?] = []
        trace.reserveCapacity(elements.count)
        for element in elements {
            guard element.isNull || element.numberValue != nil else { throw .wrongType(member: member) }
            trace.append(element.numberValue)
        }
        return trace
    }

    /// The trace without its missing values; empty when it is absent.
    private func present(_ member: String) throws(Refusal) -> [Double] {
        (try trace(member) ?? []).compactMap { $0 }
    }
}
