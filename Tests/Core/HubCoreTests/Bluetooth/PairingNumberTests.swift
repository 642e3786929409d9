import HubCore
import Testing

@Suite("The number that two devices show")
struct PairingNumberTests {
    @Test(
        "It has six digits, with the zeros in front",
        arguments: [(0, "000000"), (4_217, "004217"), (999_999, "999999")])
    func text(number: UInt32, text: String) {
        #expect(PairingNumber.text(number) == text)
        #expect(PairingNumber.value(text) == number)
    }

    @Test(
        "What a person types is six digits, or no number",
        arguments: ["", "12345", "1234567", "12345a", "+12345", "-12345", "１２３４５６", "12 345", " 123456"])
    func refuses(text: String) {
        #expect(PairingNumber.value(text) == nil)
    }
}
