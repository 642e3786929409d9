/// A pattern of paths: `*` and `?` and sets in brackets stand for characters of one part, never for a slash; case counts.
struct PathPattern: Sendable {
    private let parts: [[Unicode.Scalar]]

    init(_ pattern: String) {
        parts = Self.parts(of: pattern)
    }

    private static func parts(of path: String) -> [[Unicode.Scalar]] {
        path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
    }

    func matches(_ path: String) -> Bool {
        let names = Self.parts(of: path)
        return names.count == parts.count && zip(parts, names).allSatisfy { Self.matches($0, $1) }
    }

    /// Goes back to the newest `*` when what follows does not fit: time is at most the product of both lengths.
    private static func matches(_ pattern: [Unicode.Scalar], _ name: [Unicode.Scalar]) -> Bool {
        var place = 0
        var index = 0
        var retry: (place: Int, index: Int)?
        while index < name.count {
            if place < pattern.count, pattern[place] == "*" {
                place += 1
                retry = (place, index)
            } else if place < pattern.count, let next = step(pattern, place, name[index]) {
                place = next
                index += 1
            } else if let last = retry {
                retry = (last.place, last.index + 1)
                place = last.place
                index = last.index + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }

    /// The place behind what stands for one character; nil where it does not stand for this one.
    private static func step(_ pattern: [Unicode.Scalar], _ place: Int, _ scalar: Unicode.Scalar) -> Int? {
        switch pattern[place] {
        case "?":
            return place + 1
        case "[":
            guard let set = characterSet(pattern, place) else { return scalar == "[" ? place + 1 : nil }
            return set.contains(scalar) ? set.end : nil
        case scalar:
            return place + 1
        default:
            return nil
        }
    }

    private struct CharacterSet {
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        var isNegated = false
        var end = 0

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            ranges.contains { $0.contains(scalar) } != isNegated
        }
    }

    /// `[abc]`, `[a-z]`, `[!a]`, as shells have them; nil where the bracket is not closed, and then stands for itself.
    private static func characterSet(_ pattern: [Unicode.Scalar], _ start: Int) -> CharacterSet? {
        var set = CharacterSet()
        var index = start + 1
        if index < pattern.count, pattern[index] == "!" {
            set.isNegated = true
            index += 1
        }
        let first = index
        while index < pattern.count, pattern[index] != "]" || index == first {
            if index + 2 < pattern.count, pattern[index + 1] == "-", pattern[index + 2] != "]" {
                if pattern[index] <= pattern[index + 2] { set.ranges.append(pattern[index]...pattern[index + 2]) }
                index += 3
            } else {
                set.ranges.append(pattern[index]...pattern[index])
                index += 1
            }
        }
        guard index < pattern.count else { return nil }
        set.end = index + 1
        return set
    }
}
