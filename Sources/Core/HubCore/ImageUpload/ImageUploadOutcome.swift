/// What a finished upload tells.
package struct ImageUploadOutcome: Sendable, Hashable {
    /// Bytes of the file, all of which are on the device.
    package var length: Int
    /// Where the device resumed; 0 where it began anew.
    package var resumedOffset: Int
    /// Whether the device found the announced digest; nil where it did not say.
    package var match: Bool?

    package init(length: Int, resumedOffset: Int, match: Bool?) {
        self.length = length
        self.resumedOffset = resumedOffset
        self.match = match
    }
}
