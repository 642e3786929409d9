extension CORLimits {
    /// Sequences of records, batches and audit entries; also what an SQLite integer holds.
    package static let sequences: ClosedRange<UInt64> = 1...UInt64(Int64.max)
    package static let counters: ClosedRange<UInt64> = 0...UInt64(Int64.max)
    /// Milliseconds since 1970-01-01T00:00:00Z, until the end of the year 9999.
    package static let unixMilliseconds: ClosedRange<Int64> = 0...253_402_300_799_999
}
