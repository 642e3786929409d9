import Testing

@testable import CivilCalendar

@Suite("The calendar and the time of day")
struct CivilCalendarTests {
    @Test("Counted day by day through nine centuries, every date and every day number is the other's")
    func everyDay() throws {
        // 1600-01-01, 135,140 days before 1970: two whole eras and a part of the third.
        var (year, month, day): (Int64, Int64, Int64) = (1_600, 1, 1)
        var number: Int64 = -135_140
        while year < 2_500 {
            let date = CivilDate(dayNumber: number)
            try #require(date == CivilDate(year: year, month: month, day: day), "\(number)")
            try #require(date.dayNumber == number)
            number += 1
            day += 1
            // The rule as people say it, apart from the one in the module.
            let february: Int64 = year % 400 == 0 ? 29 : year % 100 == 0 ? 28 : year % 4 == 0 ? 29 : 28
            if day > [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Int(month - 1)] {
                (day, month) = (1, month + 1)
            }
            if month > 12 { (month, year) = (1, year + 1) }
        }
    }

    @Test(
        "Times of UTC are those of other calendars, both ways",
        // Python: calendar.timegm(datetime.fromisoformat(text).timetuple())
        arguments: [
            ("0000-01-01T00:00:00Z", -62_167_219_200), ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("1015-06-30T00:00:01Z", -30_121_372_799), ("1969-12-31T23:59:59Z", -1), ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799), ("2026-03-01T14:05:09Z", 1_772_373_909),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Int64)])
    func bothWays(text: String, seconds: Int64) {
        #expect(UTCDateTime(text)?.seconds == seconds)
        #expect(UTCDateTime(seconds: seconds).text == text)
    }

    @Test("What no text can say is brought to the nearest that can be said")
    func clamped() {
        #expect(UTCDateTime(seconds: .min).text == "0000-01-01T00:00:00Z")
        #expect(UTCDateTime(seconds: .max).text == "9999-12-31T23:59:59Z")
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "2030", "2030-01-31", "2030-01-31T12:00:00", "2030-01-31t12:00:00Z", "2030-01-31 12:00:00Z",
            "2030-01-31T12:00:00.0Z", "2030-01-31T12:00:00+00:00", "2030-01-31T12:00:00ZZ", "2030-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z", "2030-00-01T00:00:00Z", "2030-01-00T00:00:00Z", "2030-01-01T24:00:00Z",
            "2030-01-01T00:60:00Z", "2030-01-01T00:00:60Z", "-030-01-01T00:00:00Z", "２030-01-01T00:00:00Z",
        ])
    func refused(text: String) {
        #expect(UTCDateTime(text) == nil)
    }

    @Test("Days of the week go on by one, also before 1970")
    func weekdays() {
        // 1970-01-01 was a Thursday.
        #expect(
            (-8...8).map { CivilDate.weekday(ofDayNumber: $0) } == [3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5])
    }
}
