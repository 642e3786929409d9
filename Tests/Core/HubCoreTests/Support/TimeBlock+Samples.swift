import CORProtocol

extension TimeBlock {
    /// The hub's clocks so many seconds after a plausible moment, 2026-06-01T12:00:00Z, with the clock synchronised.
    static func at(_ seconds: Double = 0) -> TimeBlock {
        TimeBlock(
            bootID: [UInt8](repeating: 7, count: 16), boottimeNanoseconds: UInt64(max(0, seconds) * 1_000_000_000),
            wallMilliseconds: 1_780_315_200_000 + Int64(seconds * 1_000), sync: .synchronised, rtcPresent: true)
    }

    /// A hub without a battery for its clock, before it was set.
    static let in1970 = TimeBlock(
        bootID: [UInt8](repeating: 7, count: 16), boottimeNanoseconds: 1, wallMilliseconds: 12_000, sync: .never,
        rtcPresent: false)
}
