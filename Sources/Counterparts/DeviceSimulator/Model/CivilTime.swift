import CivilCalendar

/// Unix time as the date and time of day that the datetime command speaks, in UTC.
package struct CivilTime: Sendable, Hashable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Reads `YYYY-MM-DDThh:mm:ss` with an optional fraction, and Z, an offset, or no zone at all, which is taken for UTC.
    package init?(_ text: String) {
        var digits = TimeDigits(text)
        guard let date = digits.date(), digits.take("T") || digits.take(" "), let secondOfDay = digits.timeOfDay(),
            let fraction = Self.fraction(&digits), let offsetMinutes = Self.zone(&digits)
        else { return nil }
        let seconds = date.dayNumber * CivilDate.secondsPerDay + secondOfDay - offsetMinutes * 60
        milliseconds = seconds * 1_000 + fraction
    }

    /// `YYYY-MM-DDThh:mm:ss.mmm`, as Zephyr writes it: without a zone.
    package var text: String {
        let seconds = milliseconds.flooredQuotient(by: 1_000)
        let time = UTCDateTime(seconds: seconds)
        return "\(time.dateText)T\(time.timeText).\(UTCDateTime.padded(milliseconds - seconds * 1_000, 3))"
    }

    /// Milliseconds, 0 if the text has no fraction; nil for a point without digits.
    private static func fraction(_ digits: inout TimeDigits) -> Int64? {
        guard digits.take(".") else { return 0 }
        var (fraction, weight): (Int64?, Int64) = (nil, 100)
        while let digit = digits.number(of: 1) {
            fraction = (fraction ?? 0) + digit * weight
            weight /= 10
        }
        return fraction
    }

    /// The zone's offset in minutes; nil for what is no zone.
    private static func zone(_ digits: inout TimeDigits) -> Int64? {
        if digits.isEmpty { return 0 }
        if digits.take("Z") { return digits.isEmpty ? 0 : nil }
        let isWest = digits.take("-")
        guard isWest || digits.take("+"), let hours = digits.number(of: 2) else { return nil }
        _ = digits.take(":")
        guard let minutes = digits.number(of: 2), digits.isEmpty, hours < 24, minutes < 60 else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }
}
