// modules: TextEncodings JSONCoding ESRAnalysis Crypto
// lengthMax: 1024
// sources: Sources/Agent/HubAgent/Analysis
import ESRAnalysis
import JSONCoding

private let analyzer = ESRAnalyzer()

/// By its first byte an input is a line of `corhub analyze`, a model or raw samples, so that each costs one look only: no trap,
/// and a number exactly when no reason forbids it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzESR(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    switch bytes.first {
    case UInt8(ascii: "{"):
        let answer = AnalyzeCommandLine.analyze(line: String(decoding: bytes, as: UTF8.self), lineNumber: 1)
        precondition((answer["esr_mm_h"] == .null) == (answer["status"] == "no-result"), "a number against its status")
    case UInt8(ascii: "c"):
        do throws(ESRModelArtefact.Fault) {
            let model = ESRModel(try ESRModelArtefact(bytes, sha256: nil))
            _ = SelfTest(ESRAnalyzer(model: model)).outcome()
        } catch {
            precondition(bytes.count < ESRModelArtefact.byteCountMax, "longer than a model may be")
        }
    default:
        judge(analyzer.verdict(on: run(bytes), minutes: bytes.first.map { Double($0) - 8 }))
    }
    return 0
}

/// Eight bytes of circumstances, then two bytes a sample, with a slow fall below them so that some runs pass the gates.
private func run(_ bytes: [UInt8]) -> SedimentationRun {
    let head = bytes.prefix(8) + [UInt8](repeating: 10, count: max(8 - bytes.count, 0))
    let body = bytes.dropFirst(8)
    let falls = stride(from: body.startIndex, to: body.endIndex - 1, by: 2).map { index -> Double? in
        let raw = Int16(truncatingIfNeeded: Int(body[index]) | Int(body[index + 1]) << 8)
        guard raw != .min else { return nil }
        let size = head[7] % 3 == 0 ? 1e-4 : head[7] % 3 == 1 ? 1e-2 : 1e300
        return Double(raw) * size + Double(index) * 0.004
    }
    return SedimentationRun(
        falls: falls, periodSeconds: Double(head[0]) / 8, temperature: Double(head[1]) / 4, tilt: Double(head[2]) / 64,
        startEvent: head[3] % 5 == 0 ? .missing : .uncertain(seconds: Double(head[3])), isDuplicate: head[4] % 16 == 1)
}

private func judge(_ verdict: ESRVerdict) {
    let isForbidden = verdict.reasons.contains { $0.consequence == .noResult }
    precondition((verdict.estimate == nil) == isForbidden, "a number against its reasons")
    precondition((verdict.status == .noResult) == isForbidden, "a status against its reasons")
    precondition(verdict.status != .final || verdict.minutes >= 29.8, "final before 30 minutes")
    guard let estimate = verdict.estimate else { return }
    precondition(estimate.value.isFinite && (1...140).contains(estimate.value), "a value outside of the range")
    precondition(estimate.interval90.contains(estimate.value), "a value outside of its interval")
    precondition(estimate.interval90.upperBound.isFinite, "an interval without an end")
}
