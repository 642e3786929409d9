import CORProtocol
import DurableFiles
import Glibc
import HubCore
import MCUbootImage

/// The images that updates need, one file each, named by its SHA-256. Bounded: the oldest that nobody needs goes first.
struct FirmwareImageFolder: Sendable {
    static let fileCountMax = 8

    enum Fault: Error, Sendable, Hashable {
        case refused(code: String, message: String)
        /// The disk failed; errno.
        case disk(Int32)
    }

    let path: String
    let keys: [ImageKey]

    /// Where an image's file lies, or shall lie.
    func file(of hash: SHA256Hash) -> String { "\(path)/\(Self.name(of: hash))" }

    private static func name(of hash: SHA256Hash) -> String { "\(hash.hex).bin" }

    /// Judges what a local user gives, and keeps it.
    ///
    /// - Parameter needed: images of updates under way; they stay.
    func admit(
        _ bytes: [UInt8], needed: Set<SHA256Hash>
    ) throws(Fault) -> FirmwareImageFacts {
        let hash = SHA256Hash.of(bytes)
        let image = try judge(bytes, hash: hash)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .disk(errno) }
        makeRoom(keeping: needed.union([hash]))
        do throws(FileFault) {
            try DurableFile(file(of: hash)).replace(with: bytes, access: .owner)
        } catch {
            throw .disk(error.code)
        }
        return FirmwareImageFacts(image)
    }

    /// Where an image may be fetched to: the folder is there, and has room for it.
    ///
    /// - Parameter needed: images of updates under way; they stay.
    func place(for hash: SHA256Hash, needed: Set<SHA256Hash>) throws(Fault) -> String {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .disk(errno) }
        makeRoom(keeping: needed.union([hash]))
        return file(of: hash)
    }

    /// Judges an offer's file once more. Reads it whole; not for the event loop's thread.
    func image(of offer: FirmwareOffer) throws(FirmwareStepFailure) -> VerifiedImage {
        let file = DurableFile(file(of: offer.target.sha256))
        guard let bytes = try? file.contents(lengthMax: FirmwareOffer.Target.lengthMax).bytes else {
            throw .fileMissing
        }
        guard bytes.count == offer.target.length, SHA256Hash.of(bytes) == offer.target.sha256 else {
            throw .fileRefused(code: "file-differs")
        }
        do throws(Fault) {
            let image = try judge(bytes, hash: offer.target.sha256)
            guard FirmwareImageFacts(image) == offer.image else { throw .refused(code: "image-differs", message: "") }
            return image
        } catch {
            guard case .refused(let code, _) = error else { throw .fileMissing }
            throw .fileRefused(code: code)
        }
    }

    func judgement(of offer: FirmwareOffer) -> FirmwareJudgement {
        do throws(FirmwareStepFailure) {
            _ = try image(of: offer)
            return .accepted
        } catch {
            guard case .fileRefused(let code) = error else { return .missing }
            return .refused(code: code)
        }
    }

    private func judge(_ bytes: [UInt8], hash: SHA256Hash) throws(Fault) -> VerifiedImage {
        switch ImageVerdict(of: bytes, under: ImagePolicy(keys: keys, fileHash: hash.bytes)) {
        case .accepted(let image): return image
        case .refused(let reason): throw .refused(code: reason.code, message: "\(reason)")
        }
    }

    private func makeRoom(keeping needed: Set<SHA256Hash>) {
        var files: [(name: String, time: Int64)] = []
        // A folder that cannot be listed has nothing that could be taken away.
        for name in (try? FolderNames.of(path)) ?? [] {
            guard name.hasSuffix(".bin"), let status = FileStatus(ofFile: "\(path)/\(name)") else { continue }
            files.append((name, status.changedMilliseconds))
        }
        let kept = Set(needed.map(Self.name(of:)))
        var excess = files.count - (Self.fileCountMax - 1)
        for file in files.sorted(by: { $0.time < $1.time }) where excess > 0 && !kept.contains(file.name) {
            unlink("\(path)/\(file.name)")
            excess -= 1
        }
    }
}
