/// Dates for people, in UTC: the hub's time zone is not the reader's.
enum UTCTime {
    /// "2026-03-01 14:05:09Z". The civil calendar from days since 1970-01-01, by eras of 400 years.
    static func text(milliseconds: Int64) -> String {
        let seconds = milliseconds.flooredQuotient(by: 1_000)
        let days = seconds.flooredQuotient(by: 86_400)
        let second = seconds - days * 86_400
        // Days are counted from 0000-03-01, so that a leap day is the last of its year.
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2)) "
            + "\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
    }

    /// "2026-03-01" or "2026-03-01T14:05:09Z"; nil for anything else, and for days that no month has.
    static func milliseconds(of text: String) -> Int64? {
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard let day = numbers(parts[0], separator: "-", lengths: [4, 2, 2]), (1...12).contains(day[1]),
            (1...length(ofMonth: day[1], year: day[0])).contains(day[2])
        else { return nil }
        var seconds = days(year: day[0], month: day[1], day: day[2]) * 86_400
        guard parts.count > 1 else { return seconds * 1_000 }
        guard parts.count == 2, parts[1].hasSuffix("Z"),
            let time = numbers(parts[1].dropLast(), separator: ":", lengths: [2, 2, 2]),
            time[0] < 24, time[1] < 60, time[2] < 60
        else { return nil }
        seconds += time[0] * 3_600 + time[1] * 60 + time[2]
        return seconds * 1_000
    }

    private static func numbers(_ text: Substring, separator: Character, lengths: [Int]) -> [Int64]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == lengths else { return nil }
        let numbers = parts.compactMap { part in part.allSatisfy { ("0"..."9").contains($0) } ? Int64(part) : nil }
        return numbers.count == lengths.count ? numbers : nil
    }

    private static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Since 1970-01-01; the inverse of what `text` computes.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year.flooredQuotient(by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
