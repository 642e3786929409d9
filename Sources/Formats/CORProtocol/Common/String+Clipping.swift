extension String {
    /// The longest prefix of whole characters that has at most `length` bytes of UTF-8.
    package func clipped(toLength length: Int) -> String {
        guard utf8.count > length else { return self }
        var clipped = ""
        var clippedLength = 0
        for character in self {
            clippedLength += character.utf8.count
            guard clippedLength <= length else { break }
            clipped.append(character)
        }
        return clipped
    }
}
