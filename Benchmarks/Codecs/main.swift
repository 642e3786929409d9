// CBOR of 2,000 integers, both ways, and the analysis of a run. Prints one JSON line a figure.
// Usage: bench-codecs

import CBORCoding
import ESRAnalysis

let integerCount = 2_000
let codecRoundCount = 5_001
let analysisRoundCount = 1_001

func microseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e6 + Double(duration.components.attoseconds) / 1e12
}

/// The median of so many rounds in µs. What a round returns is summed up, so that no round can be left out.
func median(rounds: Int, _ round: (Int) throws -> Int) rethrows -> (microseconds: Double, sum: Int) {
    let clock = ContinuousClock()
    var times: [Double] = []
    var sum = 0
    for index in 0..<rounds {
        let start = clock.now
        sum &+= try round(index)
        times.append(microseconds(clock.now - start))
    }
    return (times.sorted()[times.count / 2], sum)
}

func report(_ name: String, _ result: (microseconds: Double, sum: Int)) {
    print("{\"benchmark\":\"\(name)\",\"median_us\":\(result.microseconds),\"sum\":\(result.sum)}")
}

/// Sizes as in a sedimentation run: most need three bytes.
let integers = (0..<integerCount).map { Int64($0 &* 17 &- 90) }
var encoder = CBOREncoder(capacity: 16_384)
encoder.encodeIntegers(integers)
let encoded = encoder.bytes

report(
    "cbor-encode",
    median(rounds: codecRoundCount) { _ in
        var encoder = CBOREncoder(capacity: 8_192)
        encoder.encodeIntegers(integers)
        return encoder.bytes.count
    })
report(
    "cbor-decode",
    try median(rounds: codecRoundCount) { _ in
        var decoder = CBORDecoder(encoded)
        return try decoder.decodeIntegers().count
    })

let analyzer = ESRAnalyzer()
report(
    "analysis",
    median(rounds: analysisRoundCount) { round in
        let falls = (0..<361).map { index -> Double? in
            Double(index * 17 + [0, 90, -60, 40, -110, 30, 100, -80][(index + round) % 8]) / 1_000
        }
        let run = SedimentationRun(falls: falls, periodSeconds: 5, temperature: 21, tilt: 0.2)
        return analyzer.verdict(on: run).reasons.count
    })
