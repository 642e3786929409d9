/// The version of an image: `1.2.3+4`, compared number by number.
///
/// The build number counts here. Zephyr's image management and MCUboot leave it out unless they are built to look at it; where
/// they would call two versions equal, this finds the lower one, which is the stricter answer.
package struct ImageVersion: Sendable, Hashable {
    package var major: UInt8
    package var minor: UInt8
    package var revision: UInt16
    package var build: UInt32

    package init(major: UInt8, minor: UInt8, revision: UInt16, build: UInt32 = 0) {
        self.major = major
        self.minor = minor
        self.revision = revision
        self.build = build
    }

    /// Reads `1.2.3`, `1.2.3+4` (imgtool) and `1.2.3.4` (SMP); nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        var numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 2 {
            guard numbers.count == 3 else { return nil }
            numbers.append(parts[1])
        }
        guard parts.count <= 2, (3...4).contains(numbers.count),
            let major: UInt8 = Self.number(numbers[0]), let minor: UInt8 = Self.number(numbers[1]),
            let revision: UInt16 = Self.number(numbers[2]),
            let build: UInt32 = numbers.count == 4 ? Self.number(numbers[3]) : 0
        else { return nil }
        self.init(major: major, minor: minor, revision: revision, build: build)
    }

    /// Digits only: no sign, which `Int(_:)` would take.
    private static func number<Number: FixedWidthInteger>(_ digits: Substring) -> Number? {
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Number(digits)
    }
}

extension ImageVersion: Comparable {
    package static func < (one: ImageVersion, other: ImageVersion) -> Bool {
        (one.major, one.minor, one.revision, one.build) < (other.major, other.minor, other.revision, other.build)
    }
}

extension ImageVersion: CustomStringConvertible {
    package var description: String { "\(major).\(minor).\(revision)+\(build)" }
}
