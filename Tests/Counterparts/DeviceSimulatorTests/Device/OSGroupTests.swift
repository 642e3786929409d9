import DeviceSimulator
import SMPProtocol
import Testing

@Suite("Group 0 of the device")
struct OSGroupTests {
    @Test("Echo answers to writes and reads, in both versions", arguments: [SMPOperation.read, .write])
    func echo(operation: SMPOperation) throws {
        var bench = try DeviceBench()
        for version in SMPVersion.allCases {
            let response = try bench.ask(EchoRequest(text: "hello", operation: operation), version: version)
            #expect(response.text == "hello")
        }
    }

    @Test("The parameters are those of the setup")
    func parameters() throws {
        var bench = try DeviceBench {
            $0.bufferSize = 2_048
            $0.bufferCount = 4
        }
        #expect(try bench.ask(ParametersRequest()) == ParametersResponse(bufferSize: 2_048, bufferCount: 4))
    }

    @Test("A request longer than the buffer is lost, as on a real device")
    func bufferLimit() throws {
        var bench = try DeviceBench { $0.bufferSize = 256 }
        func answerCount(textLength: Int) throws -> Int {
            let request = bench.request(EchoRequest(text: String(repeating: "x", count: textLength)))
            return try answers(bench.hand(request)).count
        }
        // 8 bytes of header, a map's head, the key "d" in 2 bytes, the text's head of 2.
        let longest = 256 - 13
        #expect(try answerCount(textLength: longest) == 1)
        #expect(try answerCount(textLength: longest + 1) == 0)
    }

    @Test("The time of day is refused until it is set, and is read back in UTC")
    func dateTime() throws {
        var bench = try DeviceBench()
        #expect(throws: SMPFailure(group: 0, code: 4)) { try bench.ask(DateTimeReadRequest()) }
        _ = try bench.ask(DateTimeWriteRequest(dateTime: "2026-03-01T01:30:00.250+02:00"))
        _ = bench.pass(.milliseconds(1_500))
        #expect(try bench.ask(DateTimeReadRequest()).dateTime == "2026-02-28T23:30:01.750")
        #expect(throws: SMPFailure(.invalidValue)) { try bench.ask(DateTimeWriteRequest(dateTime: "yesterday")) }
    }

    @Test(
        "Times are read and written alike over leap years and centuries",
        arguments: [
            ("1970-01-01T00:00:00.000", Int64(0)), ("2000-02-29T12:00:00.001", 951_825_600_001),
            ("2024-12-31T23:59:59.999", 1_735_689_599_999), ("2100-03-01T00:00:00.000", 4_107_542_400_000),
            ("9999-12-31T23:59:59.999", 253_402_300_799_999),
        ])
    func civilTime(text: String, milliseconds: Int64) {
        #expect(CivilTime(text)?.milliseconds == milliseconds)
        #expect(CivilTime(milliseconds: milliseconds).text == text)
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "2024", "2023-02-29T00:00:00", "2024-13-01T00:00:00", "2024-01-01T24:00:00", "2024-01-01T00:00:60",
            "2024-01-01T00:00:00.", "2024-01-01T00:00:00X", "2024-01-01T00:00:00+2", "2024-01-01T00:00:00Zz",
            "2024-01-01T00:00:00+24:00",
        ])
    func noTime(text: String) {
        #expect(CivilTime(text) == nil)
    }

    @Test("The application's and the bootloader's names are told, and unknown queries refused")
    func info() throws {
        var bench = try DeviceBench()
        #expect(try bench.ask(AppInfoRequest()).output == "Zephyr")
        #expect(try bench.ask(AppInfoRequest(format: "rn")).output == "COR1-TEST-0001 1.0.0")
        #expect(try bench.ask(AppInfoRequest(format: "a")).output.hasPrefix("Zephyr COR1-TEST-0001"))
        #expect(throws: SMPFailure(group: 0, code: 2)) { try bench.ask(AppInfoRequest(format: "z")) }
        #expect(try bench.ask(BootloaderInfoRequest()).bootloader == "MCUboot")
        #expect(try bench.ask(BootloaderInfoRequest(query: "mode")).mode == 3)
        #expect(throws: SMPFailure(group: 0, code: 3)) { try bench.ask(BootloaderInfoRequest(query: "moon")) }
    }

    @Test("After a reset the device is deaf for a while, and its boot counter has gone on")
    func reset() throws {
        var bench = try DeviceBench()
        _ = try bench.ask(ResetRequest())
        let request = bench.request(EchoRequest(text: "?"))
        #expect(try answers(bench.hand(request)).isEmpty)
        _ = bench.pass(.milliseconds(300))
        #expect(try bench.ask(EchoRequest(text: "!")).text == "!")
        #expect(bench.model.bootCounter == 2)
        #expect(bench.model.snapshot.bootCounter == 2)
    }

    @Test("A reset during a measurement is refused unless it is forced")
    func resetWhileMeasuring() throws {
        var bench = try DeviceBench()
        _ = bench.perform(.run(artefact: .none, minutes: 30, seed: nil))
        #expect(throws: SMPFailure(.busy)) { try bench.ask(ResetRequest()) }
        _ = try bench.ask(ResetRequest(force: true))
        #expect(bench.model.measurement == nil)
    }
}
