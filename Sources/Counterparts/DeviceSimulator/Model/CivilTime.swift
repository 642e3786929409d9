/// Unix time as the date and time of day that the datetime command speaks, in UTC.
package struct CivilTime: Sendable, Hashable {
    package var milliseconds: Int64

    private static let millisecondsPerDay: Int64 = 86_400_000

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Reads `YYYY-MM-DDThh:mm:ss` with an optional fraction, and Z, an offset, or no zone at all, which is taken for UTC.
    package init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard let year = Self.digits(4, from: &rest), Self.take("-", from: &rest),
            let month = Self.digits(2, from: &rest), (1...12).contains(month), Self.take("-", from: &rest),
            let day = Self.digits(2, from: &rest), (1...Self.dayCount(year: year, month: month)).contains(day),
            Self.take("T", from: &rest) || Self.take(" ", from: &rest),
            let hour = Self.digits(2, from: &rest), hour < 24, Self.take(":", from: &rest),
            let minute = Self.digits(2, from: &rest), minute < 60, Self.take(":", from: &rest),
            let second = Self.digits(2, from: &rest), second < 60
        else { return nil }
        var fraction: Int64 = 0
        if Self.take(".", from: &rest) {
            let start = rest.startIndex
            var weight: Int64 = 100
            while let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
                fraction += Int64(digit - UInt8(ascii: "0")) * weight
                weight /= 10
                rest.removeFirst()
            }
            guard rest.startIndex > start else { return nil }
        }
        guard let offsetMinutes = Self.zone(rest) else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        milliseconds =
            days * Self.millisecondsPerDay + (hour * 3_600 + (minute - offsetMinutes) * 60 + second) * 1_000 + fraction
    }

    /// `YYYY-MM-DDThh:mm:ss.mmm`, as Zephyr writes it: without a zone.
    package var text: String {
        let days = milliseconds.floorDivided(by: Self.millisecondsPerDay)
        let time = milliseconds - days * Self.millisecondsPerDay
        let (year, month, day) = Self.date(days: days)
        return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2) + "T"
            + Self.padded(time / 3_600_000, 2) + ":" + Self.padded(time / 60_000 % 60, 2) + ":"
            + Self.padded(time / 1_000 % 60, 2) + "." + Self.padded(time % 1_000, 3)
    }

    // MARK: - Calendar

    /// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March, so that leap days come last.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.floorDivided(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func dayCount(year: Int64, month: Int64) -> Int64 {
        let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
        return days(year: nextYear, month: nextMonth, day: 1) - days(year: year, month: month, day: 1)
    }

    // MARK: - Text

    private static func digits(_ count: Int, from text: inout ArraySlice<UInt8>) -> Int64? {
        guard text.count >= count else { return nil }
        var value: Int64 = 0
        for byte in text.prefix(count) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        text.removeFirst(count)
        return value
    }

    private static func take(_ character: Unicode.Scalar, from text: inout ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: character) else { return false }
        text.removeFirst()
        return true
    }

    /// The zone's offset in minutes; nil for what is no zone.
    private static func zone(_ text: ArraySlice<UInt8>) -> Int64? {
        var rest = text
        if rest.isEmpty { return 0 }
        if take("Z", from: &rest) { return rest.isEmpty ? 0 : nil }
        let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
        guard take("+", from: &rest) || take("-", from: &rest), let hours = digits(2, from: &rest) else { return nil }
        _ = take(":", from: &rest)
        guard let minutes = digits(2, from: &rest), rest.isEmpty, hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
