import Glibc

/// Reads what `firmware verify` is given. Whatever cannot be read ends with status 1, so that 4 means a refused image and nothing else.
enum FirmwareFile {
    static func read(_ path: String, lengthMax: Int) throws(CommandProblem) -> [UInt8] {
        do throws(InputFile.Fault) {
            return try InputFile.bytes(path, lengthMax: lengthMax)
        } catch {
            switch error {
            case .unreadable(let code):
                throw CommandProblem(
                    .failed, code: "file-unreadable", "\(path): \(String(cString: strerror(code)))")
            case .tooLong(let lengthMax):
                throw CommandProblem(.failed, code: "file-too-long", "\(path) has more than \(lengthMax) bytes")
            }
        }
    }
}
