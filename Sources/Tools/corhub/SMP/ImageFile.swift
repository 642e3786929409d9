import Glibc

/// Reads an image file as a whole.
enum ImageFile {
    /// Bytes; MCUboot slots are smaller than this.
    static let lengthMax = 64 << 20

    static func read(_ path: String) throws(SMPProblem) -> [UInt8] {
        do throws(InputFile.Fault) {
            return try InputFile.bytes(path, lengthMax: lengthMax)
        } catch {
            switch error {
            case .unreadable(let code):
                throw SMPProblem(
                    status: code == ENOENT ? .notFound : .failed, code: "file-unreadable",
                    message: "\(path): \(String(cString: strerror(code)))")
            case .tooLong(let lengthMax):
                throw SMPProblem(
                    status: .failed, code: "image-too-long", message: "\(path) has more than \(lengthMax) bytes")
            }
        }
    }
}
