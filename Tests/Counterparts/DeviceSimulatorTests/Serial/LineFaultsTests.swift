import DeviceSimulator
import SMPProtocol
import Testing

@Suite("Faults of the serial line")
struct LineFaultsTests {
    private let message = (0..<200).map { UInt8($0) }
    private var lines: [[UInt8]] { ConsoleFraming.lines(of: message) }

    private func found(_ bytes: [UInt8]) -> [ConsoleDecoder.Finding] {
        var decoder = ConsoleDecoder()
        return decoder.append(bytes)
    }

    private func faults(_ text: String) throws -> LineFaults {
        var faults = LineFaults()
        faults.set(try #require(LineFaultOrder(text)))
        return faults
    }

    @Test("Without a fault the lines go out as they are")
    func none() {
        var faults = LineFaults()
        #expect(faults.spoil(lines) == lines.flatMap { $0 })
        #expect(faults.disconnect(within: 1_000_000) == nil)
    }

    @Test("Noise hides no answer from a reader that skips it")
    func noise() throws {
        var faults = try faults("noise")
        let spoilt = faults.spoil(lines) + faults.spoil(lines)
        #expect(spoilt.count > 2 * lines.joined().count)
        #expect(found(spoilt) == [.message(message), .message(message)])
    }

    @Test("A turned bit is told by the checksum, for as many answers as were ordered")
    func checksum() throws {
        var faults = try faults("checksum=1")
        guard case .refused(.checksumWrong) = try #require(found(faults.spoil(lines)).first) else {
            Issue.record("the checksum is right")
            return
        }
        #expect(found(faults.spoil(lines)) == [.message(message)])
    }

    @Test("A line that breaks off loses its answer and none after the next line's end")
    func cut() throws {
        var faults = try faults("cut=1")
        let spoilt = faults.spoil(lines) + faults.spoil(lines) + faults.spoil(lines)
        #expect(found(spoilt).filter { $0 == .message(message) }.count >= 1)
        #expect(found(spoilt).last == .message(message))
    }

    @Test("The line is pulled out at the byte that was ordered, once")
    func disconnect() throws {
        var faults = try faults("disconnect=250")
        #expect(faults.disconnect(within: 100) == nil)
        #expect(faults.disconnect(within: 100) == nil)
        #expect(faults.disconnect(within: 100) == 50)
        #expect(faults.disconnect(within: 100) == nil)
    }

    @Test("Names and numbers are read, and others are refused")
    func orders() {
        #expect(LineFaultOrder("noise") == LineFaultOrder(fault: .noise))
        #expect(LineFaultOrder("disconnect=7") == LineFaultOrder(fault: .disconnect, number: 7))
        for text in ["", "parity", "noise=", "noise=-1", "noise=x", "cut=1=2"] {
            #expect(LineFaultOrder(text) == nil)
        }
    }

    @Test("The control channel orders them")
    func control() throws {
        #expect(
            try ControlLine(#"{"do":"line-fault","name":"cut","n":2}"#).order
                == .line(LineFaultOrder(fault: .cut, number: 2)))
        #expect(throws: ControlLine.Refusal.self) { try ControlLine(#"{"do":"line-fault","name":"parity"}"#) }
    }
}
