import SMPProtocol
import Testing

@Suite("SMP over a serial console")
struct ConsoleFramingTests {
    private func message(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    @Test("The checksum is that of CRC-16/XMODEM")
    func checksum() {
        #expect(CRC16XMODEM.checksum("123456789".utf8) == 0x31C3)
    }

    @Test("A message returns from its lines", arguments: [8, 87, 88, 89, 90, 91, 180, 181, 182, 4_000, 65_533])
    func bothWays(count: Int) {
        let lines = ConsoleFraming.lines(of: message(count))
        #expect(lines.allSatisfy { $0.count <= 127 && $0.last == 0x0A })
        #expect(lines.first?.prefix(2) == [0x06, 0x09])
        #expect(lines.dropFirst().allSatisfy { $0.prefix(2) == [0x04, 0x14] })
        var decoder = ConsoleDecoder()
        #expect(decoder.append(lines.joined()) == [.message(message(count))])
    }

    @Test("Bytes may come one at a time, with CR before LF, between log lines and after a prompt")
    func stream() {
        let lines = ConsoleFraming.lines(of: message(200))
        var stream = Array("*** Booting Zephyr ***\r\nuart:~$ ".utf8)
        for line in lines {
            stream += line.dropLast() + [0x0D, 0x0A] + Array("<inf> a log line\n".utf8)
        }
        var decoder = ConsoleDecoder()
        #expect(stream.flatMap { decoder.append([$0]) } == [.message(message(200))])
    }

    @Test("Noise without a newline does not hide the next message")
    func noise() {
        var decoder = ConsoleDecoder()
        let noise = [UInt8](repeating: 0x55, count: 1_000)
        #expect(decoder.append(noise + ConsoleFraming.lines(of: message(60)).joined()) == [.message(message(60))])
    }

    @Test("A lost line costs its message and not the next one")
    func lostLine() {
        var lines = ConsoleFraming.lines(of: message(300))
        lines.remove(at: 1)
        let next = ConsoleFraming.lines(of: message(20))
        var decoder = ConsoleDecoder()
        #expect(decoder.append((lines + next).joined()) == [.message(message(20))])
    }

    @Test("A line that breaks off costs its message, and a new one on the same line is found")
    func brokenLine() {
        let lines = ConsoleFraming.lines(of: message(300))
        let next = ConsoleFraming.lines(of: message(20))
        var decoder = ConsoleDecoder()
        #expect(decoder.append(lines[0] + lines[1].prefix(40) + next.joined()) == [.message(message(20))])
    }

    @Test("Half a marker is noise, wherever it stands")
    func halfMarkers() {
        var decoder = ConsoleDecoder()
        let noise: [UInt8] = [0x06, 0x0A, 0x09, 0x04, 0x06, 0x41, 0x09, 0x06, 0x04]
        #expect(decoder.append(noise + ConsoleFraming.lines(of: message(20)).joined()) == [.message(message(20))])
    }

    @Test("Threat 21: a line without an end costs no more than its limit and hides nothing after its end")
    func endlessLine() {
        var decoder = ConsoleDecoder(limits: ConsoleLimits(lineLengthMax: 4_096))
        let line = [0x06, 0x09] + [UInt8](repeating: 0x41, count: 8 << 20)
        #expect(decoder.append(line) == [])
        #expect(decoder.append([0x0A]) == [.refused(.lineTooLong(max: 4_096))])
        #expect(decoder.append(ConsoleFraming.lines(of: message(20)).joined()) == [.message(message(20))])
    }

    @Test("A changed byte is found by the checksum")
    func corruption() {
        var line = ConsoleFraming.lines(of: message(30))[0]
        line[20] = line[20] == 0x41 ? 0x42 : 0x41
        var decoder = ConsoleDecoder()
        let findings = decoder.append(line)
        guard case .refused(.checksumWrong) = findings.first else {
            Issue.record("found \(findings)")
            return
        }
    }

    @Test("Lines that cannot be are refused by their reason")
    func refusals() {
        func find(_ text: String, marker: [UInt8] = [0x06, 0x09]) -> [ConsoleDecoder.Finding] {
            var decoder = ConsoleDecoder(limits: ConsoleLimits(messageLengthMax: 100))
            return decoder.append(marker + Array(text.utf8) + [0x0A])
        }
        #expect(find("AAA") == [.refused(.notBase64)])
        #expect(find("A=AA") == [.refused(.notBase64)])
        #expect(find("AB==") == [.refused(.notBase64)])
        #expect(find("AA==") == [.refused(.lengthTruncated)])
        #expect(find("AGc=") == [.refused(.frameTooLong(length: 103, max: 102))])
        #expect(find("AAk=") == [.refused(.frameTooShort(length: 9))])
        #expect(find("AAAA", marker: [0x04, 0x14]) == [.refused(.firstLineMissing)])
        #expect(find("AAoAAAAAAAAAAAAAAAAA") == [.refused(.frameOverrun(expected: 10, found: 13))])
        #expect(find(String(repeating: "A", count: 124)) == [.refused(.frameTooShort(length: 0))])
        #expect(find(String(repeating: "A", count: 125)) == [.refused(.lineTooLong(max: 127))])
    }
}
