import CivilCalendar

/// Dates for people, in UTC: the hub's time zone is not the reader's.
enum UTCTime {
    /// "2026-03-01 14:05:09Z"
    static func text(milliseconds: Int64) -> String {
        let time = UTCDateTime(seconds: milliseconds.flooredQuotient(by: 1_000))
        return "\(time.dateText) \(time.timeText)Z"
    }

    /// "2026-03-01" or "2026-03-01T14:05:09Z"; nil for anything else, and for days that no month has.
    static func milliseconds(of text: String) -> Int64? {
        (UTCDateTime(text) ?? UTCDateTime("\(text)T00:00:00Z")).map { $0.seconds * 1_000 }
    }
}
