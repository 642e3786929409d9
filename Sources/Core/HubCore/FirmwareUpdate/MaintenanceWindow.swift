package import CBORCoding
import CORProtocol
import CivilCalendar

/// When updates may begin: on some days of the week, between two times of the day, as a clock on the wall shows them.
///
/// Where the clock is put forward over a part of the window, that part is left out; where it is put back over it, the part comes
/// twice. A window whose end is not after its begin goes on into the next day, and belongs to the day on which it begins.
package struct MaintenanceWindow: CBORShape, Sendable, Hashable {
    /// 0 is Sunday.
    package var weekdays: Set<UInt8>
    /// Minutes after midnight, 0 to 1,439.
    package var begin: UInt16
    /// The same; equal to the begin is the whole day.
    package var end: UInt16

    package static let minutesPerDay: UInt16 = 1_440
    /// Every night from 2 to 5.
    package static let nightly = MaintenanceWindow(weekdays: Set(0...6), begin: 120, end: 300)

    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    private init(weekdays: Set<UInt8>, begin: UInt16, end: UInt16) {
        self.weekdays = weekdays
        self.begin = begin
        self.end = end
    }

    /// Reads `mon-fri 02:00-05:00`, `sat,sun 22:00-04:00`, `daily 00:00-00:00`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let days = Self.days(parts[0]) else { return nil }
        let ends = parts[1].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let begin = Self.minutes(ends[0]), let end = Self.minutes(ends[1]) else { return nil }
        self.init(weekdays: days, begin: begin, end: end)
    }

    package var text: String {
        let days =
            weekdays.count == 7
            ? "daily" : weekdays.sorted().map { Self.dayNames[Int($0)] }.joined(separator: ",")
        return "\(days) \(Self.clock(begin))-\(Self.clock(end))"
    }

    private static func days(_ text: Substring) -> Set<UInt8>? {
        if text == "daily" { return Set(0...6) }
        var days: Set<UInt8> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { name in
                dayNames.firstIndex(of: String(name))
            }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
            var day = first
            days.insert(UInt8(day))
            while day != last {
                day = (day + 1) % 7
                days.insert(UInt8(day))
            }
        }
        return days.isEmpty ? nil : days
    }

    private static func minutes(_ text: Substring) -> UInt16? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy { ("0"..."9").contains($0) } }),
            let hours = UInt16(parts[0]), let minutes = UInt16(parts[1]), hours < 24, minutes < 60
        else { return nil }
        return hours * 60 + minutes
    }

    private static func clock(_ minutes: UInt16) -> String {
        let hour = minutes / 60
        let minute = minutes % 60
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }

    /// - Parameter time: seconds since 1970.
    package func isOpen(at time: Int64, in zone: TimeZoneFile) -> Bool {
        let local = time + zone.offset(at: time)
        let day = local.flooredQuotient(by: CivilDate.secondsPerDay)
        let minute = UInt16((local - day * CivilDate.secondsPerDay) / 60)
        let today = UInt8(CivilDate.weekday(ofDayNumber: day))
        let yesterday = UInt8(CivilDate.weekday(ofDayNumber: day - 1))
        if begin < end { return weekdays.contains(today) && (begin..<end).contains(minute) }
        return (weekdays.contains(today) && minute >= begin) || (weekdays.contains(yesterday) && minute < end)
    }

    /// - Parameter milliseconds: the hub's wall clock, Unix time.
    /// - Returns: when it opens next as well, where it is closed; looked for in the next eight days.
    package func state(at milliseconds: Int64, in zone: TimeZoneFile) -> FirmwareConditions.Window {
        let now = milliseconds.flooredQuotient(by: 1_000)
        if isOpen(at: now, in: zone) { return .open }
        // Minutes of the wall clock change with those of UTC, except in zones of long ago.
        let minute = now.flooredQuotient(by: 60)
        for ahead in 1...Int64(8 * 1_440) where isOpen(at: (minute + ahead) * 60, in: zone) {
            return .closed(opens: (minute + ahead) * 60_000)
        }
        return .closed(opens: nil)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        guard let window = MaintenanceWindow(try decoder.decodeText()) else {
            throw .unexpectedValue(expected: "a maintenance window", offset: start)
        }
        self = window
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(text)
    }
}
