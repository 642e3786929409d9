import Crypto
import TextEncodings

/// The bytes of a trained model: a header of lines `name value`, an empty line, and 32-bit floats, little-endian.
///
/// models/esr/artefact.py writes it; docs/clinical/model-format.md describes it. Whoever loads one names the SHA-256 that
/// it must have.
package struct ESRModelArtefact: Sendable, Hashable {
    /// Why bytes are no model.
    package enum Fault: Error, Sendable, Hashable {
        case tooLong(count: Int)
        case hashDiffers
        case headerMalformed
        case unsupported(name: String)
        case sizeDiffers(expected: Int, found: Int)
        case notFinite
    }

    /// A run with known answers, carried by the model itself: what the self-test compares with.
    package struct KnownRun: Sendable, Hashable {
        package var temperature: Double
        package var tilt: Double
        package var startUncertaintySeconds: Double
        /// What the trainer's own implementation made of it, mm/h.
        package var value: Double
        package var interval90: ClosedRange<Double>
        package var falls: [Double?]
    }

    package static let byteCountMax = 2 << 20
    private static let headerLengthMax = 4096
    private static let hiddenCountMax = 512
    private static let entryCountMax = 64
    private static let knownRunCountMax = 16
    private static let revisionMax = 1_000_000
    /// mm/h; a model that would move known answers further is another algorithm, not an update.
    package static let shiftLimit = 5.0
    /// Samples of a known run: half an hour, every 5 s.
    package static let knownRunSampleCount = 361

    /// `name/revision+digest`, for example `synthetic-home/2`.
    package let version: String
    /// Counts up with every model that is released for the profile.
    package let revision: Int
    /// mm/h by which the model declares that it moves the answers to its predecessor's known runs at most.
    package let shiftMax: Double
    /// The profile that the model was trained for.
    package let profile: String
    /// SHA-256 of the bytes, hexadecimal.
    package let sha256: String
    /// What the training data were, for whoever reads a result.
    package let data: String
    let hiddenCount: Int
    /// Weights of each layer output by output, and biases.
    let layers: [(weights: [Float], biases: [Float])]
    let inputScales: [Double]
    let inputLowerBounds: [Double]
    let inputUpperBounds: [Double]
    let inputCentres: [Double]
    /// Turns centred inputs into independent ones of variance 1, row by row.
    let whitening: [Double]
    /// Mean square of the whitened inputs beyond which a run is unlike the training runs.
    let distanceMax: Double
    let strata: [Double]
    let calibrationMinutes: [Double]
    let calibrationFactors: [Double]
    package let knownRuns: [KnownRun]

    /// - Parameter sha256: what the bytes must hash to, hexadecimal; `nil` when a signature over them was checked.
    package init(_ bytes: [UInt8], sha256 expected: String?) throws(Fault) {
        guard bytes.count <= Self.byteCountMax else { throw .tooLong(count: bytes.count) }
        let hash = Hexadecimal.text(of: SHA256.hash(data: bytes))
        if let expected {
            guard hash == expected else { throw .hashDiffers }
        }
        let header = try Self.header(bytes)
        func count(_ name: String, upTo limit: Int) throws(Fault) -> Int {
            guard let text = header.values[name], let count = Int(text), (1...limit).contains(count) else {
                throw .unsupported(name: name)
            }
            return count
        }
        func text(_ name: String) throws(Fault) -> String {
            guard let text = header.values[name] else { throw .unsupported(name: name) }
            return text
        }
        guard header.values["parts"] == String(ModelInputs.partCount) else { throw .unsupported(name: "parts") }
        guard header.values["inputs"] == String(ModelInputs.count) else { throw .unsupported(name: "inputs") }
        let inputs = ModelInputs.count
        let hidden = try count("hidden", upTo: Self.hiddenCountMax)
        let strataCount = try count("strata", upTo: Self.entryCountMax)
        let timeCount = try count("times", upTo: Self.entryCountMax)
        let knownCount = try count("known", upTo: Self.knownRunCountMax)
        let runCount = 6 + Self.knownRunSampleCount
        let sizes = [
            hidden * inputs, hidden, hidden * hidden, hidden, 3 * hidden, 3, inputs, inputs, inputs, inputs,
            inputs * inputs, 1, strataCount, timeCount, timeCount * (strataCount + 1) * 2, knownCount * runCount,
        ]
        let expectedCount = header.length + 4 * sizes.reduce(0, +)
        guard bytes.count == expectedCount else {
            throw .sizeDiffers(expected: expectedCount, found: bytes.count)
        }
        var position = header.length
        let blocks = sizes.map { size in
            (0..<size).map { _ in
                let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position + $1]) << (8 * UInt32($1)) }
                position += 4
                return Float(bitPattern: bits)
            }
        }
        guard blocks.dropLast().allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .notFinite }
        guard let shift = header.values["shift_max"].flatMap(Double.init), (0...Self.shiftLimit).contains(shift) else {
            throw .unsupported(name: "shift_max")
        }
        revision = try count("revision", upTo: Self.revisionMax)
        shiftMax = shift
        version = try text("version")
        profile = try text("profile")
        data = try text("data")
        sha256 = hash
        hiddenCount = hidden
        layers = [(blocks[0], blocks[1]), (blocks[2], blocks[3]), (blocks[4], blocks[5])]
        func doubles(_ block: Int) -> [Double] { blocks[block].map(Double.init) }
        inputScales = doubles(6)
        inputLowerBounds = doubles(7)
        inputUpperBounds = doubles(8)
        inputCentres = doubles(9)
        whitening = doubles(10)
        distanceMax = doubles(11)[0]
        strata = doubles(12)
        calibrationMinutes = doubles(13)
        calibrationFactors = doubles(14)
        knownRuns = try Self.knownRuns(blocks[15].map(Double.init), length: runCount)
    }

    package static func == (left: Self, right: Self) -> Bool { left.sha256 == right.sha256 }
    package func hash(into hasher: inout Hasher) { hasher.combine(sha256) }

    private static func header(_ bytes: [UInt8]) throws(Fault) -> (values: [String: String], length: Int) {
        let start = bytes.prefix(headerLengthMax)
        guard let end = start.indices.dropLast().first(where: { start[$0] == 0x0A && start[$0 + 1] == 0x0A }) else {
            throw .headerMalformed
        }
        let lines = String(decoding: start[..<end], as: UTF8.self).split(separator: "\n")
        guard lines.first == "corhub-esr-model 1" else { throw .headerMalformed }
        var values: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let space = line.firstIndex(of: " ") else { throw .headerMalformed }
            let name = String(line[..<space])
            guard values.updateValue(String(line[line.index(after: space)...]), forKey: name) == nil else {
                throw .headerMalformed
            }
        }
        return (values, end + 2)
    }

    private static func knownRuns(_ block: [Double], length: Int) throws(Fault) -> [KnownRun] {
        var runs: [KnownRun] = []
        for start in stride(from: 0, to: block.count, by: length) {
            let scalars = block[start..<start + 6].map { $0 }
            guard scalars.allSatisfy(\.isFinite), scalars[4] <= scalars[5] else { throw .notFinite }
            runs.append(
                KnownRun(
                    temperature: scalars[0], tilt: scalars[1], startUncertaintySeconds: scalars[2], value: scalars[3],
                    interval90: scalars[4]...scalars[5],
                    falls: block[start + 6..<start + length].map { $0.isFinite ? $0 : nil }))
        }
        return runs
    }
}
