extension [UInt8] {
    /// The bytes that `hexadecimal` spells; stops the test on anything else, since only tests write it.
    package init(hexadecimal: String) {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        precondition(digits.count == hexadecimal.count && digits.count.isMultiple(of: 2), "not hexadecimal")
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    package var hexadecimal: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}
