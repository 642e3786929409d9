import JSONCoding
import Testing

@testable import corhub

@Suite("Readings for other programs")
struct ReadingExportTests {
    @Test(
        "A field is quoted where RFC 4180 wants it, and no text is taken for a formula",
        arguments: [
            ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"so\"", "\"say \"\"so\"\"\""), ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"), ("-3", "-3"), ("-3.5", "-3.5"), ("-x", "'-x"), ("", ""),
            ("two\nlines", "two\u{FFFD}lines"),
        ])
    func fields(text: String, wanted: String) {
        #expect(ReadingCSV.escaped(text) == wanted)
    }

    @Test("A reading without a result has its line, and one with two has two")
    func lines() {
        let reading: JSONValue = ["record_id": "aa", "results": []]
        let judged: JSONValue = [
            "record_id": "bb",
            "results": [
                ["result_id": "1", "output": ["esr_mm_h": 12.5]], ["result_id": "2", "output": ["esr_mm_h": .null]],
            ],
        ]
        let lines = ReadingCSV.text([reading, judged]).split(separator: "\r\n").map(String.init)
        #expect(lines.count == 4)
        let columnCount = lines[0].split(separator: ",", omittingEmptySubsequences: false).count
        #expect(lines.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == columnCount })
        #expect(lines[2].contains(",12.5,") && lines[3].hasPrefix("bb,"))
    }

    @Test(
        "A date is the one that the calendar has, and reads back as it was written",
        arguments: [
            ("1970-01-01", 0), ("2000-02-29", 951_782_400_000), ("2026-03-01T14:05:09Z", 1_772_373_909_000),
            ("1969-12-31T23:59:59Z", -1_000),
        ] as [(String, Int64)])
    func dates(text: String, milliseconds: Int64) {
        #expect(UTCTime.milliseconds(of: text) == milliseconds)
        let whole = text.contains("T") ? text : text + "T00:00:00Z"
        #expect(UTCTime.text(milliseconds: milliseconds).replacing(" ", with: "T") == whole)
    }

    @Test(
        "What is no date is refused",
        arguments: [
            "", "2026", "2026-02-30", "2100-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-01-01T25:00:00Z",
            "2026-01-01T10:00:00", "2026-01-01T10:00Z", "2026-01-01T10:00:60Z", "２026-01-01", "2026-01-01TT",
        ])
    func noDates(text: String) {
        #expect(UTCTime.milliseconds(of: text) == nil)
    }

    @Test("A subject travels in a query whatever it holds")
    func query() {
        #expect("subject-0001".queryValue == "subject-0001")
        #expect("a b&c=ä%".queryValue == "a%20b%26c%3D%C3%A4%25")
    }
}
