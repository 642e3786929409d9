import CivilCalendar

/// The rule of a time zone for all years to come: the footer of a TZif file (RFC 9636 §3.3, POSIX TZ).
struct PosixTimeZone: Sendable, Hashable {
    /// When, within a year, one time gives way to the other.
    struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// 1 to 365; the leap day is not counted.
            case julian(Int64)
            /// 0 to 365.
            case zeroBased(Int64)
            /// Month, week (5 is the last), weekday (0 is Sunday).
            case monthly(Int64, Int64, Int64)
        }

        var day: Day
        /// Seconds after midnight, local time; may lie outside of the day.
        var time: Int64
    }

    /// Seconds east of UTC.
    let standardOffset: Int64
    /// Nil where the clock is never changed.
    let daylight: Daylight?

    struct Daylight: Sendable, Hashable {
        var offset: Int64
        var start: Change
        var end: Change
    }

    /// Seconds east of UTC at a time in seconds since 1970.
    func offset(at time: Int64) -> Int64 {
        guard let daylight else { return standardOffset }
        let day = (time + standardOffset).flooredQuotient(by: CivilDate.secondsPerDay)
        let year = CivilDate(dayNumber: day).year
        // Each change is told in the time that holds before it.
        let start = daylight.start.moment(in: year) - standardOffset
        let end = daylight.end.moment(in: year) - daylight.offset
        let isDaylight = start < end ? (start..<end).contains(time) : !(end..<start).contains(time)
        return isDaylight ? daylight.offset : standardOffset
    }
}

extension PosixTimeZone.Change {
    /// Seconds from 1970 to the change, as if local time were UTC.
    func moment(in year: Int64) -> Int64 {
        let firstDay = CivilDate.firstDayNumber(ofMonth: 1, in: year)
        let number: Int64
        switch day {
        case .zeroBased(let index):
            number = firstDay + index
        case .julian(let index):
            number = firstDay + index - (CivilDate.isLeap(year) && index >= 60 ? 0 : 1)
        case .monthly(let month, let week, let weekday):
            let first = CivilDate.firstDayNumber(ofMonth: month, in: year)
            let toWeekday = (weekday - CivilDate.weekday(ofDayNumber: first) + 7) % 7
            var index = toWeekday + (week - 1) * 7
            if index >= CivilDate.length(ofMonth: month, in: year) { index -= 7 }
            number = first + index
        }
        return number * CivilDate.secondsPerDay + time
    }
}

extension PosixTimeZone {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`; nil for what is no such rule.
    init?(_ text: String) {
        var reader = PosixTimeZoneReader(text)
        guard reader.skipName(), let standard = reader.time(hourMax: 24) else { return nil }
        standardOffset = -standard
        guard !reader.isAtEnd else {
            daylight = nil
            return
        }
        guard reader.skipName() else { return nil }
        var offset = standardOffset + 3_600
        if !reader.take(","), !reader.isAtEnd {
            guard let written = reader.time(hourMax: 24), reader.take(",") else { return nil }
            offset = -written
        }
        guard let start = reader.change(), reader.take(","), let end = reader.change(), reader.isAtEnd else {
            return nil
        }
        daylight = Daylight(offset: offset, start: start, end: end)
    }
}

/// Reads the parts of a POSIX TZ from its front.
private struct PosixTimeZoneReader {
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    /// Three or more letters, or anything of letters, digits and signs between `<` and `>`.
    mutating func skipName() -> Bool {
        if take("<") {
            guard let end = rest.firstIndex(of: ">") else { return false }
            let name = rest[..<end]
            rest = rest[rest.index(after: end)...]
            return name.count >= 3
                && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-".contains($0)) }
        }
        let name = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest[name.endIndex...]
        return name.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard (1...3).contains(digits.count), let number = Int64(digits), range.contains(number) else { return nil }
        rest = rest[digits.endIndex...]
        return number
    }

    /// `[+-]h[h[h]][:mm[:ss]]`, in seconds. RFC 9636 lets a change lie up to a week away.
    mutating func time(hourMax: Int64) -> Int64? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard let hours = number(0...hourMax) else { return nil }
        var seconds = hours * 3_600
        if take(":") {
            guard let minutes = number(0...59) else { return nil }
            seconds += minutes * 60
            if take(":") {
                guard let rest = number(0...59) else { return nil }
                seconds += rest
            }
        }
        return isNegative ? -seconds : seconds
    }

    mutating func change() -> PosixTimeZone.Change? {
        let day: PosixTimeZone.Change.Day
        if take("J") {
            guard let index = number(1...365) else { return nil }
            day = .julian(index)
        } else if take("M") {
            guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                let weekday = number(0...6)
            else { return nil }
            day = .monthly(month, week, weekday)
        } else {
            guard let index = number(0...365) else { return nil }
            day = .zeroBased(index)
        }
        guard take("/") else { return PosixTimeZone.Change(day: day, time: 7_200) }
        guard let time = time(hourMax: 167) else { return nil }
        return PosixTimeZone.Change(day: day, time: time)
    }
}
