import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import ESRAnalysis
import HubCore
import Testing

/// Models come from outside: each test is named after what somebody may try.
@Suite("Installing models")
struct ModelShelfTests {
    private let key = P256.Signing.PrivateKey()
    private let certificate: [UInt8] = [1, 2, 3]
    private let revision: Int

    init() throws {
        revision = try #require(ESRModel.builtIn?.artefact.revision)
    }

    private var maker: ModelShelf.Maker {
        ModelShelf.Maker(
            key: .p256(key.publicKey), certificateThumbprint: .of(certificate), environment: "test")
    }

    private func shelf(_ content: ModelShelfContent = ModelShelfContent()) -> ModelShelf {
        ModelShelf(content, maker: maker)
    }

    /// The program's own model with another header line.
    private func bytes(_ name: String, _ value: String) throws -> [UInt8] {
        let bytes = try #require(ESRModel.builtInBytes)
        let pattern = Array("\n\(name) ".utf8)
        let start = try #require((0..<4096).first { Array(bytes[$0..<$0 + pattern.count]) == pattern }) + pattern.count
        let end = try #require((start..<4096).first { bytes[$0] == 0x0A })
        return bytes[..<start] + Array(value.utf8) + bytes[end...]
    }

    private func release(_ bytes: [UInt8], revision: Int? = nil, shift: UInt32? = nil) throws -> ModelRelease {
        let artefact = try ESRModelArtefact(bytes, sha256: nil)
        return ModelRelease(
            algorithm: ESRAnalyzer.algorithm, revision: UInt32(revision ?? artefact.revision),
            profile: artefact.profile, shiftMaxHundredths: shift ?? UInt32((artefact.shiftMax * 100).rounded()),
            hash: .of(bytes), bytes: bytes)
    }

    private func signed(
        _ release: ModelRelease, environment: String = "test", certificate: [UInt8]? = nil,
        key: P256.Signing.PrivateKey? = nil
    ) throws -> [UInt8] {
        try SignedModel.signing(
            release, environment: environment, certificate: certificate ?? self.certificate,
            signer: P256COSESigner(key ?? self.key)
        ).bytes
    }

    private func message(revision: Int) throws -> [UInt8] {
        try signed(try release(try bytes("revision", "\(revision)")))
    }

    private func refusal(of message: [UInt8], by shelf: ModelShelf? = nil) -> ModelRefusal? {
        var shelf = shelf ?? self.shelf()
        let before = shelf.content
        do throws(ModelRefusal) {
            _ = try shelf.install(message, over: ESRAnalyzer())
            return nil
        } catch {
            #expect(shelf.content == before, "a refused model changes nothing")
            return error
        }
    }

    @Test("A newer model that its maker signed is used, kept, found again at the next start, and rolled back once")
    func installed() throws {
        var shelf = shelf()
        let message = try message(revision: revision + 1)
        let analyzer = try shelf.install(message, over: ESRAnalyzer())
        #expect(analyzer.model?.artefact.revision == revision + 1)
        #expect(shelf.content == ModelShelfContent(inUse: message, before: .builtIn))

        var next = self.shelf(try ModelShelfContent(decoding: shelf.content.encoded()))
        let opening = next.open()
        #expect(opening.note == nil)
        #expect(opening.analyzer?.provenance == analyzer.provenance)

        #expect(try next.rollBack().provenance == ESRAnalyzer().provenance)
        #expect(next.content == ModelShelfContent())
        #expect(throws: ModelRefusal.nothingBefore) { try next.rollBack() }
    }

    @Test("A rollback goes to the installed model before, and the one that was left may come again")
    func rollback() throws {
        var shelf = shelf()
        let first = try shelf.install(try message(revision: revision + 1), over: ESRAnalyzer())
        let second = try shelf.install(try message(revision: revision + 2), over: first)
        #expect(try shelf.rollBack().provenance == first.provenance)
        #expect(try shelf.install(try message(revision: revision + 2), over: first).provenance == second.provenance)
    }

    @Test("An older or equal revision does not come in (rollback to a known bad model)")
    func older() throws {
        #expect(
            refusal(of: try message(revision: revision))
                == .gate(.notNewer(revision: revision, inUse: revision)))
        var shelf = shelf()
        _ = try shelf.install(try message(revision: revision + 2), over: ESRAnalyzer())
        // Also not while the installed one has failed and the analysis is off.
        #expect(throws: ModelRefusal.gate(.notNewer(revision: revision + 1, inUse: revision + 2))) {
            try shelf.install(try message(revision: revision + 1), over: ESRAnalyzer().withoutModel)
        }
    }

    @Test("Another key, another certificate, another environment and a changed byte are refused (a swapped model)")
    func signatures() throws {
        let release = try release(try bytes("revision", "\(revision + 1)"))
        #expect(refusal(of: try signed(release, key: P256.Signing.PrivateKey())) == .signatureWrong)
        #expect(refusal(of: try signed(release, certificate: [9])) == .otherMaker)
        #expect(refusal(of: try signed(release, environment: "production")) == .signatureWrong)
        var changed = try signed(release)
        changed[changed.count / 2] ^= 1
        #expect(refusal(of: changed) == .signatureWrong)
        #expect(refusal(of: []).map { $0.code } == "model-malformed")
    }

    @Test("Without a configured maker nothing is taken, and what was installed is not used")
    func noMaker() throws {
        let message = try message(revision: revision + 1)
        #expect(refusal(of: message, by: ModelShelf(ModelShelfContent(), maker: nil)) == .makerUnknown)
        var shelf = ModelShelf(ModelShelfContent(inUse: message, before: .builtIn), maker: nil)
        #expect(shelf.open().analyzer == nil)
    }

    @Test("A statement that is not the model's own is refused (a signed lie about limits)")
    func statement() throws {
        let bytes = try bytes("revision", "\(revision + 1)")
        #expect(
            refusal(of: try signed(try release(bytes, revision: revision + 7))) == .statementDiffers(of: "revision"))
        #expect(refusal(of: try signed(try release(bytes, shift: 0))) == .statementDiffers(of: "shift"))
        var release = try release(bytes)
        release.profile = "short-60/9"
        #expect(refusal(of: try signed(release)) == .statementDiffers(of: "profile"))
        release = try self.release(bytes)
        release.hash = .of([0])
        #expect(refusal(of: try signed(release)) == .gate(.unreadable(.hashDiffers)))
    }

    @Test("A model that is made for another profile, or does not know its own runs, is refused")
    func gate() throws {
        let other = try bytes("profile", "long-200/1")
        #expect(refusal(of: try signed(try release(other))).map { $0.code } == "model-not-newer")
        var wrong = try bytes("revision", "\(revision + 1)")
        let start = try #require((0..<4096).first { wrong[$0] == 0x0A && wrong[$0 + 1] == 0x0A }) + 2
        wrong[start + 4 * 35 * 128 + 3] ^= 0x41
        #expect(refusal(of: try signed(try release(wrong))).map { $0.code } == "model-self-test-failed")
    }

    @Test("A program that brings a newer model of its own uses that one, and says so")
    func programNewer() throws {
        let old = try signed(try release(try bytes("revision", "1")))
        var shelf = shelf(ModelShelfContent(inUse: old, before: .builtIn))
        let opening = shelf.open()
        #expect(opening.analyzer?.provenance == ESRAnalyzer().provenance)
        #expect(opening.note != nil)
        #expect(shelf.content == ModelShelfContent())
    }
}
