import FirmwareRollout
import Glibc
import Hummingbird
import NIOCore
import NIOPosix
import TextEncodings

/// Serves the repository of firmware below `/firmware/`, to anyone: its files are signed, and tell nothing of anybody.
///
/// Whole files, or one range of bytes (RFC 9110 §14). Any other web server does as well.
struct StaticRepository: Sendable {
    static let path = "/firmware"
    private static let lengthMax = 16 << 20
    private static let folders = ["metadata", "targets"]

    let folder: String

    func add(to router: Router<UpstreamRequestContext>) {
        router.get("\(Self.path)/**") { request, _ in try await answer(request) }
    }

    private func answer(_ request: Request) async throws -> Response {
        guard let path = filePath(request.uri.path) else { throw APIFailure.notFound }
        let content = try await NIOThreadPool.singleton.runIfActive { Self.read(path) }
        guard let content else { throw APIFailure.notFound }
        var headers: HTTPFields = [.contentType: "application/octet-stream", .acceptRanges: "bytes"]
        // Everything but the timestamp has its version or its hash in its name.
        headers[.cacheControl] = path.hasSuffix("/timestamp.json") ? "no-cache" : "public, max-age=86400"
        guard let text = request.headers[.range], let range = Self.range(text, length: content.count) else {
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: content)))
        }
        guard range.lowerBound < content.count else {
            headers[.contentRange] = "bytes */\(content.count)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(content.count)"
        return Response(
            status: .partialContent, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: content[range])))
    }

    /// The file that a URL's path names; nil for a path that leads anywhere else.
    private func filePath(_ path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).map {
            PercentEncoding.decode($0)
        }
        var names: [String] = []
        for part in parts {
            guard let part, FirmwareNames.isFileName(part) else { return nil }
            names.append(part)
        }
        guard let first = names.first, Self.folders.contains(first), names.count >= 2 else { return nil }
        return folder + "/" + names.joined(separator: "/")
    }

    /// "bytes=A-B" and "bytes=A-"; nil for every other kind, which may be ignored. Empty where it begins behind the end.
    private static func range(_ text: String, length: Int) -> Range<Int>? {
        let unit = "bytes="
        guard text.hasPrefix(unit) else { return nil }
        let ends = text.dropFirst(unit.count).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = Int(ends[0]), start >= 0 else { return nil }
        guard start < length else { return length..<length }
        guard !ends[1].isEmpty else { return start..<length }
        guard let last = Int(ends[1]), last >= start else { return nil }
        return start..<min(last, length - 1) + 1
    }

    /// nil for what is no file of at most 16 MiB; links are not followed.
    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= lengthMax else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            length += count
        }
        return bytes
    }
}
