// modules: CivilCalendar CBORCoding
// lengthMax: 4096
// sources: Sources/Core/HubCore/LocalTime

/// No input traps; a file that is taken has an offset of less than 26 hours at every moment.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTimeZone(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let zone = try? TimeZoneFile(bytes) {
        for time in [Int64.min / 4, -5_000_000_000, -1, 0, 1, 1_800_000_000, 4_102_444_800, Int64.max / 4] {
            precondition(zone.offset(at: time).magnitude <= 93_600, "an offset beyond all zones")
        }
    }
    if let rule = PosixTimeZone(String(decoding: bytes, as: UTF8.self)) {
        for year in Int64(1_900)...2_200 { _ = rule.offset(at: (year - 1_970) * 31_556_952) }
    }
    return 0
}
