import Foundation
import HubCore
import TestSupport
import Testing

@Suite("Time zones of the system")
struct TimeZoneFileTests {
    private struct Judged: Decodable {
        var zone: String
        var path: String
        var samples: [[Int64]]
    }

    static func zone(_ name: String) throws -> TimeZoneFile {
        try TimeZoneFile(Array(Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/" + name))))
    }

    @Test(
        "Every zone of this system has the offsets that Python's zoneinfo finds",
        .enabled(if: PythonJudge.isDemanded, "\(PythonJudge.skipReason)"))
    func againstZoneinfo() throws {
        var zoneCount = 0
        var sampleCount = 0
        for line in try PythonJudge.run("zone_judge.py", ["1"]).split(separator: "\n") {
            let judged = try JSONDecoder().decode(Judged.self, from: Data(line.utf8))
            let zone = try TimeZoneFile(Array(Data(contentsOf: URL(filePath: judged.path))))
            let wrong = judged.samples.filter { zone.offset(at: $0[0]) != $0[1] }
            #expect(wrong.isEmpty, "\(judged.zone): \(wrong.prefix(3))")
            zoneCount += 1
            sampleCount += judged.samples.count
        }
        print("time zones: \(zoneCount) zones, \(sampleCount) moments agree with zoneinfo")
        #expect(zoneCount > 300)
    }

    @Test("A file of the first version has no footer: its last offset holds on")
    func firstVersion() throws {
        var file = Array("TZif".utf8) + [0] + [UInt8](repeating: 0, count: 15)
        for count: UInt8 in [0, 0, 0, 1, 2, 4] { file += [0, 0, 0, count] }
        file += [0, 0, 0, 100] + [1]  // At 100 s the second type.
        file += [0, 0, 0x0E, 0x10, 0, 0] + [0, 0, 0x1C, 0x20, 1, 0]  // +1 h, +2 h
        file += Array("CET\0".utf8)
        let zone = try TimeZoneFile(file)
        #expect([-1, 99, 100, 4_000_000_000].map(zone.offset) == [3_600, 3_600, 7_200, 7_200])
    }

    @Test("Every file that is cut is refused, and no flipped bit is a trap")
    func damaged() throws {
        let whole = try Array(Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")))
        for length in 0..<whole.count {
            #expect(throws: TimeZoneFile.Refusal.self) { try TimeZoneFile(Array(whole.prefix(length))) }
        }
        for index in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[index] ^= 1 << bit
                guard let zone = try? TimeZoneFile(flipped) else { continue }
                for time in [Int64.min / 4, -1, 0, 1_800_000_000, Int64.max / 4] { _ = zone.offset(at: time) }
            }
        }
    }

    @Test("What is no time zone is refused in words")
    func refusals() {
        #expect(throws: TimeZoneFile.Refusal.notTZif) { try TimeZoneFile([]) }
        #expect(throws: TimeZoneFile.Refusal.notTZif) { try TimeZoneFile([UInt8](repeating: 65, count: 100)) }
        #expect(throws: TimeZoneFile.Refusal.tooLong(length: 262_145, max: 262_144)) {
            try TimeZoneFile([UInt8](repeating: 0, count: 262_145))
        }
    }
}
