import CivilCalendar

/// Reads and writes `2030-01-31T23:59:59Z`, the only form of a time in metadata (TUF specification, section 4.2).
package enum MetadataTime {
    /// Seconds since 1970; nil for any other form, for dates that do not exist, and for the year 0, which python-tuf cannot hold.
    package static func seconds(_ text: String) -> Int64? {
        guard let time = UTCDateTime(text), time.date.year >= 1 else { return nil }
        return time.seconds
    }

    /// - Parameter seconds: since 1970; what cannot be written is written as the nearest that can be.
    package static func text(_ seconds: Int64) -> String { UTCDateTime(seconds: max(seconds, yearOne)).text }

    /// 0001-01-01T00:00:00Z
    private static let yearOne: Int64 = -62_135_596_800
}
