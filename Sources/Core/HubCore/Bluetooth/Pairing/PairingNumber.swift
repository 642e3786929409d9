/// The number of six digits that two devices show, or that one shows and the other is told (Bluetooth Core, Vol 3 Part H,
/// 2.3.5.6).
package enum PairingNumber {
    private static let digitCount = 6

    /// As people read it from a display: "004217".
    package static func text(_ number: UInt32) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
    }

    /// Nil for what is not six digits.
    package static func value(_ text: String) -> UInt32? {
        guard text.utf8.count == digitCount, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt32(text)
    }
}
