import CORProtocol
import Testing

@Suite("Claim tokens")
struct ClaimTokenTests {
    let hub = HubID("hub-0001")
    let secret = String(repeating: "a", count: 32)

    @Test("A token's text leads back to it; its description holds no secret")
    func text() throws {
        let token = ClaimToken(hub: try #require(hub), secret: secret, authority: .of([1]))
        #expect(ClaimToken(text: token.text) == token)
        #expect(!"\(token)".contains(secret))
    }

    @Test("Anything else is none")
    func refused() throws {
        let sound = ClaimToken(hub: try #require(hub), secret: secret, authority: .of([1])).text
        let parts = sound.split(separator: ".").map(String.init)
        for text in [
            "", secret, "\(parts[0]).\(parts[1])", sound + ".", "." + sound, sound + "0", String(sound.dropLast()),
            "HUB.\(parts[1]).\(parts[2])", "\(parts[0]).\(secret.dropLast(7)).\(parts[2])", "\(parts[0])..\(parts[2])",
            "\(parts[0]).\(secret.uppercased()).\(parts[2])", "\(parts[0]).\(parts[1]).\(parts[2].dropLast())i",
        ] {
            #expect(ClaimToken(text: text) == nil, "\(text)")
        }
    }

    @Test("Base 32: known texts, and no second way to write the same", arguments: 0..<40)
    func base32(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
        let text = Base32.text(of: bytes)
        #expect(text.utf8.count == (length * 8 + 4) / 5)
        #expect(Base32.bytes(of: text) == bytes)
        // The bits that fill up the last letter are zero.
        if (length * 8) % 5 != 0, let last = text.utf8.last, let value = Base32.value(of: last) {
            let other = text.dropLast() + String(UnicodeScalar(Base32.alphabet[Int(value) + 1]))
            #expect(Base32.bytes(of: String(other)) == nil)
        }
        #expect(Base32.text(of: Array("foobar".utf8)) == "csqpyrk1e8")
        #expect(Base32.bytes(of: "0i") == nil)
    }
}
