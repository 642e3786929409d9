/// Names one timer of an exchange; never used twice, so that a late one is known as such.
package struct SMPTimerID: Sendable, Hashable {
    package var rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
