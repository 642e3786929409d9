import Foundation
import Testing
import TextEncodings

@Suite("Base64")
struct Base64Tests {
    @Test("Bytes of every length up to 70 are what Foundation makes of them, and come back")
    func agreesWithFoundation() throws {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 151 + 0xF9) }
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.text(of: bytes) == text)
            #expect(Base64.decode(Array(text.utf8)[...]) == bytes)
            let forURLs = text.replacing("+", with: "-").replacing("/", with: "_").prefix { $0 != "=" }
            #expect(Base64URL.text(of: bytes) == String(forURLs))
        }
    }

    @Test(
        "What is not whole groups of the alphabet, padded at the end, without stray bits, is refused",
        arguments: [
            "A", "AA", "AAA", "A===", "====", "AA=A", "AA==AAAA", "AB==", "AAB=", "AA-A", "AA A", "AAAA\n", "AAÄ",
        ])
    func refusesWhatIsNone(text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }
}
