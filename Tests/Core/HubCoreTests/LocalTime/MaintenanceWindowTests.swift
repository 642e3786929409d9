import CORProtocol
import HubCore
import Testing

@Suite("The maintenance window, in local time")
struct MaintenanceWindowTests {
    private let berlin: TimeZoneFile
    private let nightly = MaintenanceWindow.nightly

    init() throws {
        berlin = try TimeZoneFileTests.zone("Europe/Berlin")
    }

    /// 2026-03-29T00:00:00Z: an hour later Berlin's clocks go from 2 to 3.
    private static let spring: Int64 = 1_774_742_400
    /// 2026-10-25T00:00:00Z: an hour later Berlin's clocks go from 3 back to 2.
    private static let autumn: Int64 = 1_792_886_400

    @Test("It opens and closes by the clock on the wall, winter and summer")
    func summerAndWinter() {
        // 2026-01-15: 2 o'clock is 1 o'clock UTC; 2026-07-15: it is midnight UTC.
        for (midnight, open) in [(Int64(1_768_435_200), 3_600), (Int64(1_784_073_600), 0)] as [(Int64, Int64)] {
            let begin = midnight + open
            #expect(!nightly.isOpen(at: begin - 1, in: berlin))
            #expect(nightly.isOpen(at: begin, in: berlin))
            #expect(nightly.isOpen(at: begin + 3 * 3_600 - 1, in: berlin))
            #expect(!nightly.isOpen(at: begin + 3 * 3_600, in: berlin))
        }
    }

    @Test("Where the clock is put forward over its begin, what is left of it is open")
    func spring() throws {
        // 2 o'clock does not come; at 3 it is open, until 5, which is 3 o'clock UTC.
        #expect(!nightly.isOpen(at: Self.spring + 3_599, in: berlin))
        #expect(nightly.isOpen(at: Self.spring + 3_600, in: berlin))
        #expect(!nightly.isOpen(at: Self.spring + 3 * 3_600, in: berlin))
        let narrow = try #require(MaintenanceWindow("daily 02:00-03:00"))
        let openSeconds = (0..<86_400).count { narrow.isOpen(at: Self.spring + Int64($0), in: berlin) }
        #expect(openSeconds == 0)
        // The next day it opens as ever; that is said.
        #expect(
            narrow.state(at: Self.spring * 1_000, in: berlin) == .closed(opens: (Self.spring + 86_400) * 1_000))
    }

    @Test("Where the clock is put back over it, that part comes twice")
    func autumn() throws {
        let narrow = try #require(MaintenanceWindow("sun 02:00-03:00"))
        let openSeconds = (0..<86_400).count { narrow.isOpen(at: Self.autumn + Int64($0), in: berlin) }
        #expect(openSeconds == 2 * 3_600)
    }

    @Test("Over midnight it belongs to the day on which it begins")
    func overMidnight() throws {
        let window = try #require(MaintenanceWindow("sat 22:00-04:00"))
        // 2026-01-17 is a Saturday; Berlin's 22:00 is 21:00 UTC.
        let saturday: Int64 = 1_768_608_000
        #expect(!window.isOpen(at: saturday, in: berlin))
        #expect(window.isOpen(at: saturday + 21 * 3_600, in: berlin))
        #expect(window.isOpen(at: saturday + 27 * 3_600 - 1, in: berlin))
        #expect(!window.isOpen(at: saturday + 27 * 3_600, in: berlin))
        #expect(!window.isOpen(at: saturday + 45 * 3_600, in: berlin))
        #expect(
            window.state(at: saturday * 1_000, in: berlin) == .closed(opens: (saturday + 21 * 3_600) * 1_000))
    }

    @Test("It is read as it is written", arguments: ["daily 02:00-05:00", "sun,sat 22:00-04:00", "mon 00:00-00:00"])
    func written(_ text: String) {
        #expect(MaintenanceWindow(text)?.text == text)
    }

    @Test("Days may be ranges, over the week's end too")
    func ranges() {
        #expect(MaintenanceWindow("fri-mon 01:00-02:00")?.weekdays == [5, 6, 0, 1])
        #expect(MaintenanceWindow("mon-fri 01:00-02:00")?.weekdays == [1, 2, 3, 4, 5])
    }

    @Test(
        "What is no window is refused",
        arguments: [
            "", "daily", "02:00-05:00", "daily 2:00-05:00", "daily 24:00-05:00", "daily 02:60-05:00",
            "moon 02:00-05:00",
            "mon- 02:00-05:00", "mon-tue-wed 02:00-05:00", "daily 02:00-05:00 x", "daily 02:00", ", 02:00-05:00",
        ])
    func refused(_ text: String) {
        #expect(MaintenanceWindow(text) == nil)
    }

    @Test("A clock that is not known to be right opens no window, and ends no inhibit")
    func untrusted() throws {
        let serial = UpdateWorld.serial
        let settings = FirmwareSettings(
            window: .nightly,
            inhibits: [.init(name: "a", serial: nil, until: 1), .init(name: "b", serial: nil, until: nil)])
        let found = settings.conditions(for: serial, at: .in1970, in: berlin)
        #expect(found.window == .unknown && found.inhibits == ["a", "b"])
        let trusted = settings.conditions(for: serial, at: .at(), in: berlin)
        #expect(trusted.inhibits == ["b"])
    }
}
