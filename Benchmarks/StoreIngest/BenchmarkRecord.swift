/// A record of the benchmark: bytes that do not compress, under their SHA-256.
struct BenchmarkRecord: Sendable {
    let id: [UInt8]
    let sequence: Int64
    let bytes: [UInt8]
}

struct BenchmarkFailure: Error {
    let step: String
}
