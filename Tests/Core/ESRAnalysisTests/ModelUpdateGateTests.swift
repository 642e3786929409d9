import ESRAnalysis
import Testing

/// Change control in code: which model bytes may take the place of those in use.
@Suite("Gate of model updates")
struct ModelUpdateGateTests {
    private let revision: Int

    init() throws {
        revision = try #require(ESRModel.builtIn?.artefact.revision)
    }

    /// The built-in model under another revision.
    private func bytes(revision new: Int) throws -> [UInt8] {
        try bytes("\nrevision \(revision)\n", "\nrevision \(new)\n")
    }

    private func bytes(_ old: String = "", _ new: String = "") throws -> [UInt8] {
        let bytes = try #require(ESRModel.builtInBytes)
        let pattern = Array(old.utf8)
        let at = try #require((0..<4096).first { Array(bytes[$0..<$0 + pattern.count]) == pattern })
        return bytes[..<at] + Array(new.utf8) + bytes[(at + pattern.count)...]
    }

    private func model(_ bytes: [UInt8]) throws -> ESRModel { ESRModel(try ESRModelArtefact(bytes, sha256: nil)) }

    private func hash(_ bytes: [UInt8]) throws -> String { try ESRModelArtefact(bytes, sha256: nil).sha256 }

    private func gate(lastGood: String? = nil) -> ModelUpdateGate {
        ModelUpdateGate(analyzer: ESRAnalyzer(), lastGood: lastGood)
    }

    @Test("A newer model that passes its self-test and keeps its declared limits is taken")
    func newer() throws {
        let bytes = try bytes(revision: revision + 1)
        #expect(gate().verdict(on: bytes, sha256: try hash(bytes)) == .accepted(try model(bytes)))
    }

    @Test("Bytes that are not the signed ones are refused (a model is swapped on the way)")
    func swapped() throws {
        let bytes = try bytes(revision: revision + 1)
        #expect(
            gate().verdict(on: bytes, sha256: String(repeating: "0", count: 64)) == .refused(.unreadable(.hashDiffers)))
    }

    @Test("An older model is refused (rollback to a known bad one), but for the one that was last good")
    func rollback() throws {
        let old = try bytes(revision: 1)
        let sha256 = try hash(old)
        #expect(gate().verdict(on: old, sha256: sha256) == .refused(.notNewer(revision: 1, inUse: revision)))
        #expect(gate(lastGood: sha256).verdict(on: old, sha256: sha256) == .accepted(try model(old)))
    }

    @Test("The same revision again is refused")
    func same() throws {
        let bytes = try bytes()
        #expect(
            gate().verdict(on: bytes, sha256: try hash(bytes))
                == .refused(.notNewer(revision: revision, inUse: revision)))
    }

    @Test("A model of another profile is refused")
    func profile() throws {
        let bytes = try bytes("\nprofile short-60/4\n", "\nprofile long-200/1\n")
        #expect(gate().verdict(on: bytes, sha256: try hash(bytes)) == .refused(.otherProfile("long-200/1")))
    }

    @Test("A model that declares more than the greatest shift is no model")
    func declared() throws {
        let bytes = try bytes("\nshift_max 3\n", "\nshift_max 6\n")
        #expect(throws: ESRModelArtefact.Fault.unsupported(name: "shift_max")) { try hash(bytes) }
    }

    @Test("A model with other weights fails its own known runs")
    func weights() throws {
        var bytes = try bytes(revision: revision + 1)
        let start = try #require((0..<4096).first { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }) + 2
        bytes[start + 4 * 35 * 128 + 3] ^= 0x41
        guard case .refused(.selfTestFailed) = gate().verdict(on: bytes, sha256: try hash(bytes)) else {
            Issue.record("taken")
            return
        }
    }
}
