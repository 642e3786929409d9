import ESRAnalysis
import Testing

/// What a model file must be before anything is reckoned with it.
@Suite("Model artefact")
struct ModelArtefactTests {
    private func bytes() throws -> [UInt8] { try #require(ESRModel.builtInBytes) }

    private func fault(_ bytes: [UInt8], sha256: String? = nil) -> ESRModelArtefact.Fault? {
        do throws(ESRModelArtefact.Fault) {
            _ = try ESRModelArtefact(bytes, sha256: sha256)
            return nil
        } catch {
            return error
        }
    }

    /// The bytes with one piece of the header exchanged.
    private func changed(_ old: String, _ new: String) throws -> [UInt8] {
        let bytes = try bytes()
        let pattern = Array(old.utf8)
        let at = try #require((0..<4096).first { Array(bytes[$0..<$0 + pattern.count]) == pattern })
        return bytes[..<at] + Array(new.utf8) + bytes[(at + pattern.count)...]
    }

    @Test("The built-in model is whole, small, of this profile, and says what it was trained on")
    func builtIn() throws {
        let model = try #require(ESRModel.builtIn)
        #expect(model.artefact.profile == ESRProfile.short60.version)
        #expect(model.artefact.version.hasPrefix("synthetic-home/4+"))
        #expect(model.artefact.data.contains("synthetic"))
        #expect(try bytes().count <= ESRModelArtefact.byteCountMax)
        #expect(model.artefact.knownRuns.count == 6)
    }

    @Test("One bit changed anywhere is found by the hash (a model is swapped or damaged)", arguments: [0, 300, 40_000])
    func bit(offset: Int) throws {
        var bytes = try bytes()
        let sha256 = try #require(ESRModel.builtIn).artefact.sha256
        bytes[offset] ^= 1
        #expect(fault(bytes, sha256: sha256) == .hashDiffers)
    }

    @Test("Bytes that are too long, cut, or no model are refused")
    func shape() throws {
        let bytes = try bytes()
        #expect(fault([UInt8](repeating: 0, count: ESRModelArtefact.byteCountMax)) == .headerMalformed)
        #expect(
            fault([UInt8](repeating: 0, count: ESRModelArtefact.byteCountMax + 1))
                == .tooLong(count: ESRModelArtefact.byteCountMax + 1))
        #expect(fault([]) == .headerMalformed)
        #expect(fault([0x0A, 0x0A]) == .headerMalformed)
        #expect(fault(bytes.dropLast()) == .sizeDiffers(expected: bytes.count, found: bytes.count - 1))
        #expect(fault(bytes + [0]) == .sizeDiffers(expected: bytes.count, found: bytes.count + 1))
    }

    @Test("Counts that do not fit are refused before anything is allocated by them")
    func counts() throws {
        #expect(fault(try changed("\nhidden 128\n", "\nhidden 513\n")) == .unsupported(name: "hidden"))
        #expect(fault(try changed("\nhidden 128\n", "\nhidden -1\n")) == .unsupported(name: "hidden"))
        #expect(fault(try changed("\nparts 24\n", "\nparts 25\n")) == .unsupported(name: "parts"))
        #expect(fault(try changed("\nstrata 13\n", "\nstrata 65\n")) == .unsupported(name: "strata"))
        #expect(fault(try changed("\nknown 6\n", "\nknown 17\n")) == .unsupported(name: "known"))
        #expect(fault(try changed("\nknown 6\n", "\nknown\n")) == .headerMalformed)
        #expect(fault(try changed("\nknown 6\n", "\nparts 24\n")) == .headerMalformed)
        #expect(fault(try changed("corhub-esr-model 1", "corhub-esr-model 2")) == .headerMalformed)
    }

    @Test("Weights that are no numbers are refused")
    func notFinite() throws {
        var bytes = try bytes()
        let start = try #require((0..<4096).first { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }) + 2
        bytes.replaceSubrange(start..<start + 4, with: [0, 0, 0xC0, 0x7F])
        #expect(fault(bytes) == .notFinite)
    }
}
