import JSONCoding
import Testing

@testable import corhub

@Suite("How far something has come")
struct ProgressLineTests {
    @Test(
        "A part, and with a rate the time that is left, rounded up",
        arguments: [
            (ProgressLine(0, of: 1_000), "0 % of 1000 bytes"),
            (ProgressLine(131_072, of: 524_288, rate: 312_000), "25 % of 524288 bytes, 312 kB/s, 2 s left"),
            (ProgressLine(524_287, of: 524_288, rate: 1), "99 % of 524288 bytes, 0 kB/s, 1 s left"),
            (ProgressLine(524_288, of: 524_288, rate: 5_000), "100 % of 524288 bytes, 5 kB/s, 0 s left"),
            (ProgressLine(10, of: 100, unit: "rows", rate: 45), "10 % of 100 rows, 45 rows/s, 2 s left"),
            // A rate of nothing says nothing about the end.
            (ProgressLine(10, of: 100, rate: 0), "10 % of 100 bytes"),
            (ProgressLine(10, of: 100, rate: -7), "10 % of 100 bytes"),
            // What another program says is never more than the whole.
            (ProgressLine(200, of: 100, rate: 5_000), "100 % of 100 bytes, 5 kB/s, 0 s left"),
            (ProgressLine(-1, of: 0), "0 % of 1 bytes"),
        ])
    func text(line: ProgressLine, wanted: String) {
        #expect(line.text == wanted)
    }

    @Test("The bar is as full as the part is, and of one width")
    func bar() {
        #expect(ProgressLine(0, of: 100).bar == "[" + String(repeating: "-", count: 32) + "]")
        #expect(ProgressLine(25, of: 100).bar == "[########" + String(repeating: "-", count: 24) + "]")
        #expect(ProgressLine(99, of: 100).bar.contains("#-]"))
        #expect(ProgressLine(100, of: 100).bar == "[" + String(repeating: "#", count: 32) + "]")
    }

    @Test("An update that sends its image tells how far it is; any other does not")
    func update() {
        let sending: JSONValue = [
            "phase": "uploading", "upload": ["offset": 50_000, "length": 100_000, "bytes_per_second": 20_000],
        ]
        #expect(FirmwareUpdateText.remark(sending) == "50 % of 100000 bytes, 20 kB/s, 3 s left")
        let begun: JSONValue = ["phase": "uploading", "upload": ["offset": 0, "length": 9, "bytes_per_second": .null]]
        #expect(FirmwareUpdateText.remark(begun) == "0 % of 9 bytes")
        #expect(FirmwareUpdateText.upload(["phase": "proving", "upload": .null]) == nil)
    }
}
