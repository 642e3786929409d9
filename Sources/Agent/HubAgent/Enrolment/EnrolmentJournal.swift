import CORProtocol
import DurableFiles
import Glibc
import HubCore
import JSONCoding

/// What happens at enrolment, before there is an audit chain: lines in the identity folder, which the agent takes into its
/// chain when it starts. Each names an attempt or its result, and no secret.
struct EnrolmentJournal: Sendable {
    static let lengthMax = 65_536
    private static let name = "enrolment.log"

    private let path: String

    init(folder: String) {
        path = "\(folder)/\(Self.name)"
    }

    /// What cannot be noted does not stop an enrolment: the upstream notes it too.
    func note(_ outcome: AuditOutcome, subject: String, detail: String, at time: TimeBlock) {
        let line: JSONValue = [
            "wall_ms": .integer(time.wallMilliseconds), "outcome": .string(outcome.rawValue),
            "subject": .string(subject.clipped(toLength: 128)), "detail": .string(detail.clipped(toLength: 512)),
        ]
        let bytes = Array((line.serialized() + "\n").utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard let status = FileStatus(ofDescriptor: descriptor), status.length + bytes.count <= Self.lengthMax else {
            return
        }
        guard write(descriptor, bytes, bytes.count) == bytes.count else { return }
        _ = fsync(descriptor)
    }

    /// The bytes that are there.
    func contents() -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.lengthMax)
        let count = read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    /// Called when what was there is in the chain, on the disk.
    func clear() {
        _ = unlink(path)
    }

    /// Entries for the chain; a line that was cut off is none.
    static func drafts(_ contents: [UInt8], at now: TimeBlock) -> [AuditDraft] {
        contents.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let value = try? JSONValue.parse(Array(line)),
                let outcome = value["outcome"]?.stringValue.flatMap(AuditOutcome.init),
                let subject = value["subject"]?.stringValue, let detail = value["detail"]?.stringValue,
                let wall = value["wall_ms"]?.integerValue
            else { return nil }
            return AuditDraft(
                .enrolment, actor: .commandLine, subject: subject, outcome: outcome, time: now,
                detail: "at \(UTCDay.text(wall)): \(detail)")
        }
    }
}

extension AuditActor {
    /// A person at the command line, with no agent between.
    fileprivate static let commandLine = AuditActor(component: "corhub enroll")
}
