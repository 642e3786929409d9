import ESTProtocol
import Foundation
import Testing

@Suite("Base64 in EST's bodies")
struct ESTBase64Tests {
    @Test("One line goes out; lines of any length come in")
    func lines() throws {
        let bytes = (0..<200).map { UInt8($0) }
        let text = ESTBase64.text(of: bytes)
        #expect(!text.contains("\n"))
        let broken = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithCarriageReturn])
        for form in [text, text + "\r\n", broken + "\n"] {
            #expect(try ESTBase64.bytes(of: Array(form.utf8), lengthMax: 200) == bytes)
        }
    }

    @Test("Other text, nothing and too much are refused")
    func refused() {
        for text in ["", "\n", "<html></html>", "AAA", "AA=A"] {
            #expect(throws: ESTError.notBase64) { try ESTBase64.bytes(of: Array(text.utf8), lengthMax: 100) }
        }
        let text = Array(ESTBase64.text(of: [UInt8](repeating: 1, count: 101)).utf8)
        #expect(throws: ESTError.tooLong(lengthMax: 100)) { try ESTBase64.bytes(of: text, lengthMax: 100) }
        let blank = [UInt8](repeating: 0x20, count: 1_000_000)
        #expect(throws: ESTError.tooLong(lengthMax: 100)) { try ESTBase64.bytes(of: blank, lengthMax: 100) }
    }
}
