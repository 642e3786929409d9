import Foundation
import Testing
import TextEncodings

@Suite("Percent encoding")
struct PercentEncodingTests {
    @Test("Text of every plane is what Foundation makes of it, and comes back")
    func agreesWithFoundation() throws {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        let text = String(String.UnicodeScalarView((1...0x7F).compactMap(Unicode.Scalar.init))) + "ä€𝄞"
        let encoded = PercentEncoding.encode(text)
        #expect(encoded == text.addingPercentEncoding(withAllowedCharacters: unreserved))
        #expect(PercentEncoding.decode(encoded) == text)
    }

    @Test(
        "A sign without two digits, and what is no UTF-8, is refused",
        arguments: ["%", "%4", "a%4g", "%+5", "%%41", "%ff"])
    func refuses(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }
}
