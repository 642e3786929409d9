/// A second of UTC by the calendar and the clock on the wall; leap seconds do not exist, as in POSIX.
package struct UTCDateTime: Sendable, Hashable {
    package let date: CivilDate
    /// 0 to 86,399.
    package let secondOfDay: Int64

    /// - Parameter seconds: since 1970-01-01T00:00:00Z; brought into the years 0 to 9999 if it lies outside of them.
    package init(seconds: Int64) {
        let seconds = min(max(seconds, Self.first), Self.last)
        let day = seconds.flooredQuotient(by: CivilDate.secondsPerDay)
        date = CivilDate(dayNumber: day)
        secondOfDay = seconds - day * CivilDate.secondsPerDay
    }

    /// Reads `2030-01-31T23:59:59Z` (RFC 3339 with capital letters, in UTC, without a fraction).
    ///
    /// - Returns: nil for any other form, and for a day or a time of day that does not exist.
    package init?(_ text: some StringProtocol) {
        var digits = TimeDigits(text)
        guard let date = digits.date(), digits.take("T"), let secondOfDay = digits.timeOfDay(), digits.take("Z"),
            digits.isEmpty
        else { return nil }
        self.date = date
        self.secondOfDay = secondOfDay
    }

    /// 0000-01-01T00:00:00Z, in seconds since 1970.
    package static let first: Int64 = -62_167_219_200
    /// 9999-12-31T23:59:59Z, in seconds since 1970.
    package static let last: Int64 = 253_402_300_799

    /// Since 1970-01-01T00:00:00Z.
    package var seconds: Int64 { date.dayNumber * CivilDate.secondsPerDay + secondOfDay }

    /// `2030-01-31`
    package var dateText: String {
        "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))"
    }

    /// `23:59:59`
    package var timeText: String {
        let (hour, minute, second) = (secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60)
        return "\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
    }

    /// `2030-01-31T23:59:59Z`, which `init(_:)` reads.
    package var text: String { "\(dateText)T\(timeText)Z" }

    /// A number that is not negative, with zeros before it.
    package static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
