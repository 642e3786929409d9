/// Reads dates and times from the start of a text: digits of fixed length and the characters between them.
package struct TimeDigits {
    private var rest: ArraySlice<UInt8>

    package init(_ text: some StringProtocol) {
        rest = Array(text.utf8)[...]
    }

    package var isEmpty: Bool { rest.isEmpty }

    /// The number of exactly so many decimal digits; nil, and nothing taken, if they are not there.
    ///
    /// - Parameter count: 1 to 18.
    package mutating func number(of count: Int) -> Int64? {
        guard rest.count >= count, rest.prefix(count).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        defer { rest.removeFirst(count) }
        return rest.prefix(count).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    package mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// `YYYY-MM-DD`, a day that exists.
    package mutating func date() -> CivilDate? {
        guard let year = number(of: 4), take("-"), let month = number(of: 2), take("-"), let day = number(of: 2) else {
            return nil
        }
        return CivilDate(year: year, month: month, day: day)
    }

    /// `hh:mm:ss`, in seconds of the day; 24:00:00 and leap seconds are refused.
    package mutating func timeOfDay() -> Int64? {
        guard let hour = number(of: 2), hour < 24, take(":"), let minute = number(of: 2), minute < 60, take(":"),
            let second = number(of: 2), second < 60
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }
}
