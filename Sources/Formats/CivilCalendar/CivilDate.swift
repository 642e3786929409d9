/// A day of the proleptic Gregorian calendar (ISO 8601), years counted with a year 0.
package struct CivilDate: Sendable, Hashable {
    package static let secondsPerDay: Int64 = 86_400
    /// Years that a text of four digits can say, and that every computation here holds.
    package static let years: ClosedRange<Int64> = 0...9_999

    package let year: Int64
    /// 1 to 12.
    package let month: Int64
    /// 1 to 31.
    package let day: Int64

    /// - Returns: nil for a year outside of `years`, and for a month or a day that does not exist.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard Self.years.contains(year), (1...12).contains(month),
            (1...Self.length(ofMonth: month, in: year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// - Parameter dayNumber: days since 1970-01-01; at most 2^50 of them away.
    package init(dayNumber: Int64) {
        // Eras of 400 years that begin with March, so that the leap day is a year's last.
        let shifted = dayNumber + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    package var dayNumber: Int64 { Self.firstDayNumber(ofMonth: month, in: year) + day - 1 }

    /// The day number of a month's first day.
    ///
    /// - Parameter month: 1 to 12.
    package static func firstDayNumber(ofMonth month: Int64, in year: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package static func isLeap(_ year: Int64) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    /// - Parameter month: 1 to 12.
    package static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// 0 is Sunday.
    package static func weekday(ofDayNumber dayNumber: Int64) -> Int64 {
        let shifted = (dayNumber + 4) % 7
        return shifted < 0 ? shifted + 7 : shifted
    }
}

extension Int64 {
    /// The quotient rounded down, so that what lies before 1970 belongs to its own day.
    package func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
