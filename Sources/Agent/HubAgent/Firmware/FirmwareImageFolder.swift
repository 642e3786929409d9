import CORProtocol
import Glibc
import HubCore
import MCUbootImage

/// The images that updates need, one file each, named by its SHA-256. Bounded: the oldest that nobody needs goes first.
struct FirmwareImageFolder: Sendable {
    /// Bytes of one image, and files.
    static let lengthMax = 8 << 20
    static let fileCountMax = 8

    enum Fault: Error, Sendable, Hashable {
        case refused(code: String, message: String)
        /// The disk failed; errno.
        case disk(Int32)
    }

    let path: String
    let keys: [ImageKey]

    /// Where an image's file lies, or shall lie.
    func file(of hash: SHA256Hash) -> String { "\(path)/\(hash.hex).bin" }

    /// Judges what a local user gives, and keeps it.
    ///
    /// - Parameter needed: images of updates under way; they stay.
    func admit(
        _ bytes: [UInt8], allowsDowngrade: Bool, needed: Set<SHA256Hash>
    ) throws(Fault) -> FirmwareImageFacts {
        let hash = SHA256Hash.of(bytes)
        let image = try judge(bytes, hash: hash)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .disk(errno) }
        makeRoom(keeping: needed.union([hash]))
        try write(bytes, to: file(of: hash))
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
        guard let bytes = read(file(of: offer.target.sha256)) else { throw .fileMissing }
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

    private func read(_ file: String) -> [UInt8]? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= Self.lengthMax {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
        return nil
    }

    /// Whole or not at all, also over a power cut.
    private func write(_ bytes: [UInt8], to file: String) throws(Fault) {
        let temporary = file + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .disk(errno) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                close(descriptor)
                unlink(temporary)
                throw .disk(code)
            }
            offset += count
        }
        let isSynced = fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isSynced else { throw .disk(code) }
        guard rename(temporary, file) == 0 else { throw .disk(errno) }
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .disk(errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .disk(errno) }
    }

    private func makeRoom(keeping needed: Set<SHA256Hash>) {
        var files: [(name: String, time: Int)] = []
        guard let stream = opendir(path) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            guard name.hasSuffix(".bin"), stat("\(path)/\(name)", &status) == 0 else { continue }
            files.append((name, status.st_mtim.tv_sec))
        }
        closedir(stream)
        let kept = Set(needed.map { "\($0.hex).bin" })
        var excess = files.count - (Self.fileCountMax - 1)
        for file in files.sorted(by: { $0.time < $1.time }) where excess > 0 && !kept.contains(file.name) {
            unlink("\(path)/\(file.name)")
            excess -= 1
        }
    }
}
