/// The Retry-After field (RFC 9110 §10.2.3) in both of its forms.
enum RetryAfter {
    /// What is more than a day is taken for a day: the backoff decides on, not a stranger.
    static let delayMax = Duration.seconds(86400)

    /// nil for what is neither seconds nor an IMF-fixdate.
    ///
    /// - Parameters:
    ///   - date: the answer's Date field. An HTTP-date is measured against it, so that a wrong clock on the hub does
    ///     no harm.
    ///   - wallMilliseconds: the hub's clock, used where there is no Date.
    static func delay(_ text: String, date: String?, wallMilliseconds: Int64) -> Duration? {
        let digits = text.utf8
        if !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than Int holds are more than a day as well.
            return min(.seconds(Int64(text) ?? .max / 2), delayMax)
        }
        guard let until = HTTPDate.seconds(text) else { return nil }
        let now = date.flatMap { HTTPDate.seconds($0) } ?? wallMilliseconds / 1000
        return min(max(.seconds(until - now), .zero), delayMax)
    }
}

/// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7). The two obsolete forms are not read.
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let cumulativeDays = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    private static let monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// Seconds since 1970-01-01T00:00:00Z; nil for anything else, an impossible day or a wrong weekday included.
    static func seconds(_ text: String) -> Int64? {
        guard text.utf8.count == 29 else { return nil }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard
            parts.count == 6, parts[5] == "GMT", parts[0].hasSuffix(","),
            let day = number(parts[1], digits: 2),
            let month = months.firstIndex(of: String(parts[2])),
            let year = number(parts[3], digits: 4), year >= 1970
        else { return nil }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard
            clock.count == 3,
            let hour = number(clock[0], digits: 2), hour < 24,
            let minute = number(clock[1], digits: 2), minute < 60,
            // A leap second is allowed and counts as the next minute's first.
            let second = number(clock[2], digits: 2), second <= 60
        else { return nil }

        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let dayMax = monthDays[month] + (month == 1 && isLeap ? 1 : 0)
        guard (1...dayMax).contains(day) else { return nil }
        // Leap days of the years before this one, since 1970.
        let leapDays = leapYears(before: year) - leapYears(before: 1970)
        let monthOffset = cumulativeDays[month] + (month > 1 && isLeap ? 1 : 0)
        let days = (year - 1970) * 365 + leapDays + monthOffset + day - 1
        guard weekdays[days % 7] == parts[0].dropLast() else { return nil }
        return Int64(days) * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func leapYears(before year: Int) -> Int {
        let last = year - 1
        return last / 4 - last / 100 + last / 400
    }

    private static func number(_ text: Substring, digits: Int) -> Int? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
