import CORProtocol
import Foundation
import HubAgent
import Testing

@Suite("The hub's clocks")
struct HubClockTests {
    @Test("Boot id, elapsed time and wall time are this machine's")
    func thisMachine() throws {
        let clock = HubClock(bootID: nil)
        let text = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        let first = clock.now()
        let second = clock.now()
        #expect(hexadecimal(first.bootID) == text.filter { $0.isHexDigit })
        #expect(second.boottimeNanoseconds >= first.boottimeNanoseconds && first.boottimeNanoseconds > 0)
        #expect(abs(Double(first.wallMilliseconds) / 1000 - Date().timeIntervalSince1970) < 5)
        let clocks = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/rtc")) ?? []
        #expect(first.rtcPresent == !clocks.isEmpty)
    }

    @Test("A boot id that was passed is taken, with or without hyphens")
    func passedBootID() {
        let bytes = (0..<16).map { UInt8($0) }
        for text in ["000102030405060708090a0b0c0d0e0f", "00010203-0405-0607-0809-0A0B0C0D0E0F"] {
            #expect(HubClock(bootID: text).now().bootID == bytes)
        }
    }

    @Test(
        "A text that is no boot id is not used",
        arguments: ["", "0", "zz010203-0405-0607-0809-0a0b0c0d0e0f", "00ff"])
    func malformedBootID(text: String) {
        var paths = HubClock.Paths()
        paths.bootID = "/nonexistent"
        #expect(HubClock(bootID: text, paths: paths).now().bootID == [UInt8](repeating: 0, count: 16))
        #expect(HubClock(bootID: text).now().bootID == HubClock(bootID: nil).now().bootID)
    }

    @Test("A machine without a real-time clock says so")
    func noRealTimeClock() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "corhub-rtc-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        var paths = HubClock.Paths()
        paths.realTimeClocks = folder.path(percentEncoded: false)
        #expect(!HubClock(paths: paths).now().rtcPresent)
        try Data().write(to: folder.appending(path: "rtc0"))
        #expect(HubClock(paths: paths).now().rtcPresent)
        paths.realTimeClocks = "/nonexistent"
        #expect(!HubClock(paths: paths).now().rtcPresent)
    }

    @Test("Without a disciplined clock, the mark of a time service tells stepped from never")
    func sync() {
        var paths = HubClock.Paths()
        paths.synchronisedMark = "/nonexistent"
        let unmarked = HubClock(paths: paths).now().sync
        paths.synchronisedMark = "/proc/self"
        let marked = HubClock(paths: paths).now().sync
        // Whether this machine's clock is disciplined is not the test's to say.
        #expect([unmarked, marked] == [.never, .stepped] || [unmarked, marked] == [.synchronised, .synchronised])
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
