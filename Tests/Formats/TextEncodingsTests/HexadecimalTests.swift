import Testing
import TextEncodings

@Suite("Hexadecimal")
struct HexadecimalTests {
    @Test("RFC 4648, §10, in lower case; every byte comes back, from capitals too")
    func comesBack() {
        #expect(Hexadecimal.text(of: Array("foobar".utf8)) == "666f6f626172")
        let bytes = Array(UInt8.min...UInt8.max)
        let text = Hexadecimal.text(of: bytes)
        #expect(Hexadecimal.bytes(of: text) == bytes)
        #expect(Hexadecimal.bytes(of: text.uppercased()) == bytes)
    }

    @Test("What is no pairs of digits is refused", arguments: ["0", "0g", "+5", " 5", "5 ", "0x", "é0"])
    func refuses(text: String) {
        #expect(Hexadecimal.bytes(of: text) == nil)
    }
}
