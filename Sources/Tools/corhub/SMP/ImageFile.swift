import Glibc

/// Reads an image file as a whole.
enum ImageFile {
    /// Bytes; MCUboot slots are smaller than this.
    static let lengthMax = 64 << 20
    private static let pieceLength = 1 << 20

    static func read(_ path: String) throws(SMPProblem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem(path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: pieceLength)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw problem(path, errno) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= lengthMax else {
                throw SMPProblem(
                    status: .failed, code: "image-too-long", message: "\(path) has more than \(lengthMax) bytes")
            }
        }
    }

    private static func problem(_ path: String, _ code: CInt) -> SMPProblem {
        SMPProblem(
            status: code == ENOENT ? .notFound : .failed, code: "file-unreadable",
            message: "\(path): \(String(cString: strerror(code)))")
    }
}
