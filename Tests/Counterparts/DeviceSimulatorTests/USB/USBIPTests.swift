import DeviceSimulator
import Testing

/// Layouts: Documentation/usb/usbip_protocol.rst of Linux.
@Suite("USB/IP")
struct USBIPTests {
    private func words(_ words: UInt32...) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }

    private var submitOut: [UInt8] {
        words(1, 7, 0x10001, 0, 2, 0x40, 3, 0, 0xFFFF_FFFF, 0) + [1, 2, 3, 4, 5, 6, 7, 8] + [0xA, 0xB, 0xC]
    }
    private var submitIn: [UInt8] {
        words(1, 8, 0x10001, 1, 0, 0, 64, 0, 0, 0) + [0x80, 6, 0, 1, 0, 0, 64, 0]
    }
    private var unlink: [UInt8] {
        words(2, 9, 0x10001, 0, 0, 8, 0, 0, 0, 0, 0, 0)
    }
    private let commands: [USBIPCommand] = [
        .submit(
            USBIPTransfer(
                sequence: 7, isIn: false, endpoint: 2, length: 3, setup: [1, 2, 3, 4, 5, 6, 7, 8],
                data: [0xA, 0xB, 0xC])),
        .submit(
            USBIPTransfer(sequence: 8, isIn: true, endpoint: 0, length: 64, setup: [0x80, 6, 0, 1, 0, 0, 64, 0])),
        .unlink(sequence: 9, victim: 8),
    ]

    private func refusal(of bytes: [UInt8]) -> USBIPDecoder.Refusal? {
        var decoder = USBIPDecoder()
        do throws(USBIPDecoder.Refusal) {
            _ = try decoder.append(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("Commands are found however the connection cuts them")
    func decodes() throws {
        let bytes = submitOut + submitIn + unlink
        for pieceLength in 1...bytes.count {
            var decoder = USBIPDecoder()
            var found: [USBIPCommand] = []
            for start in stride(from: 0, to: bytes.count, by: pieceLength) {
                found += try decoder.append(bytes[start..<min(start + pieceLength, bytes.count)])
            }
            #expect(found == commands)
        }
    }

    @Test("What is no command of ours is refused, and a length beyond the bound before anything is held for it")
    func refuses() {
        #expect(refusal(of: words(3) + submitIn.dropFirst(4)) == .commandUnknown(3))
        var long = submitIn
        long.replaceSubrange(24..<28, with: words(UInt32(USBIPDecoder.transferLengthMax)))
        #expect(refusal(of: long) == nil)
        long.replaceSubrange(24..<28, with: words(UInt32(USBIPDecoder.transferLengthMax) + 1))
        #expect(refusal(of: long) == .lengthWrong(1 << 20 + 1, max: 1 << 20))
        long.replaceSubrange(24..<28, with: words(0xFFFF_FFFF))
        #expect(refusal(of: long) == .lengthWrong(-1, max: 1 << 20))
        var isochronous = submitIn
        isochronous.replaceSubrange(32..<36, with: words(4))
        #expect(refusal(of: isochronous) == .isochronous)
    }

    @Test("Answers are laid out as the kernel reads them")
    func encodes() {
        #expect(
            USBIPAnswer.submitted(sequence: 7, status: -32, length: 2, data: [1, 2]).encoded()
                == words(3, 7, 0, 0, 0, 0xFFFF_FFE0, 2, 0, 0xFFFF_FFFF, 0, 0, 0) + [1, 2])
        #expect(
            USBIPAnswer.unlinked(sequence: 9, status: -104).encoded()
                == words(4, 9, 0, 0, 0, 0xFFFF_FF98, 0, 0, 0, 0, 0, 0))
    }
}
