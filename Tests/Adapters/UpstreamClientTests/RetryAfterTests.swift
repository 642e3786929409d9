import Testing

@testable import UpstreamClient

@Suite("Retry-After")
struct RetryAfterTests {
    @Test(
        "IMF-fixdate is read to the second",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Tue, 19 Jan 2038 03:14:08 GMT", 2_147_483_648),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] as [(String, Int64)])
    func dates(text: String, seconds: Int64) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(
        "What is no IMF-fixdate is refused",
        arguments: [
            "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
            "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
            "Wed, 29 Feb 2023 00:00:00 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Apr 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT",
            "Mon, 29 Feb 2100 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08-49-37 GMT",
        ])
    func notDates(text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }

    @Test("Seconds are taken up to a day")
    func seconds() {
        #expect(delay("0") == .zero)
        #expect(delay("120") == .seconds(120))
        #expect(delay("86400") == .seconds(86400))
        #expect(delay("86401") == .seconds(86400))
        #expect(delay("99999999999999999999999999") == .seconds(86400))
    }

    @Test("A date is measured against the answer's Date, else against the hub's clock")
    func date() {
        let until = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(delay(until, date: "Sun, 06 Nov 1994 08:48:37 GMT") == .seconds(60))
        #expect(delay(until, now: 784_111_777_000 - 30_000) == .seconds(30))
        #expect(delay(until, date: "no date", now: 784_111_777_000 - 30_000) == .seconds(30))
        // In the past, and two years ahead.
        #expect(delay(until, now: 1_700_000_000_000) == .zero)
        #expect(delay(until, now: 784_111_777_000 - 63_072_000_000) == .seconds(86400))
    }

    @Test("Anything else is no advice", arguments: ["", "-1", "+5", "1.5", "soon", " 5", "0x10", "٣"])
    func neither(text: String) {
        #expect(delay(text) == nil)
    }

    private func delay(_ text: String, date: String? = nil, now: Int64 = 0) -> Duration? {
        RetryAfter.delay(text, date: date, wallMilliseconds: now)
    }
}
