import CORProtocol

extension SedimentationRun {
    /// 30 minutes in a 60 mm column, a fall of about 0.2 mm a minute with a noise that repeats.
    static let sample = SedimentationRun(
        cartridge: Cartridge(id: "CRT-1", lot: "LOT-1"),
        geometry: ColumnGeometry(profile: "esr-profile/short-60", columnMicrometres: 60_000, bloodPerMille: 800),
        calibrationID: "cal-1",
        start: StartEvent(
            time: DeviceTime(uptimeMilliseconds: 1_000, wallMilliseconds: TimeBlock.at().wallMilliseconds),
            uncertaintyMilliseconds: 500),
        samplePeriodMilliseconds: 5_000, fallsMicrometres: (0..<361).map(fall),
        temperature: SampleTrace(periodMilliseconds: 60_000, values: [20_500, nil, 21_500]),
        tilt: SampleTrace(periodMilliseconds: 60_000, values: [100, 300]), end: .complete)

    /// Micrometres at this sample.
    static func fall(_ index: Int) -> Int32 {
        Int32(index * 17 + [0, 90, -60, 40, -110, 30, 100, -80][index % 8])
    }
}
