import Glibc
import HubCore

/// The time zone of this machine: what /etc/localtime holds.
enum LocalZone {
    private static let path = "/etc/localtime"

    /// Nil where it cannot be read, which is said; UTC where the system names none, as the C library has it.
    static func current() -> TimeZoneFile? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT ? .utc : nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: TimeZoneFile.lengthMax + 1)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        do throws(TimeZoneFile.Refusal) {
            return try TimeZoneFile(Array(bytes[..<count]))
        } catch {
            return nil
        }
    }
}
