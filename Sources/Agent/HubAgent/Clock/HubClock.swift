import CHubShim
package import CORProtocol
import DurableFiles
import Glibc
import HubCore
import TextEncodings

/// The clocks of this machine.
///
/// What does not change while the kernel runs (boot id, a real-time clock) is read once.
package struct HubClock: HubClockReading {
    /// Where a sandbox hides /proc/sys, the unit passes systemd's %b in this variable.
    package static let bootIDVariable = "CORHUB_BOOT_ID"

    /// What is read from the system, so that tests can point elsewhere.
    package struct Paths: Sendable {
        package var bootID = "/proc/sys/kernel/random/boot_id"
        package var realTimeClocks = "/sys/class/rtc"
        /// Made by systemd-timesyncd when it has set the clock, and by chrony and ntpd's wait services likewise.
        package var synchronisedMark = "/run/systemd/timesync/synchronized"

        /// systemd-timesyncd touches it at each synchronisation, and sets the clock to it at boot.
        package var timeServiceStamp = "/var/lib/systemd/timesync/clock"

        package init() {}
    }

    private let bootID: [UInt8]
    private let rtcPresent: Bool
    private let synchronisedMark: String
    private let stamp: String

    /// - Parameter bootID: text of the boot id, 32 hexadecimal digits with or without hyphens; asked for first in the
    ///   environment, then in /proc. Without one, 16 zeroes: the block then says nothing of the boot.
    package init(bootID: String? = HubClock.bootIDFromEnvironment(), paths: Paths = Paths()) {
        self.bootID =
            bootID.flatMap(Self.bootIDBytes)
            ?? Self.firstLine(of: paths.bootID).flatMap(Self.bootIDBytes)
            ?? [UInt8](repeating: 0, count: Self.bootIDLength)
        rtcPresent = (try? FolderNames.of(paths.realTimeClocks))?.isEmpty == false
        synchronisedMark = paths.synchronisedMark
        stamp = paths.timeServiceStamp
    }

    package static func bootIDFromEnvironment() -> String? {
        getenv(bootIDVariable).map { String(cString: $0) }
    }

    package func now() -> TimeBlock {
        let boottime = corhub_boottime_nanoseconds()
        // A clock before 1970 or after 9999 is no clock; the profile's range ends there (common.cddl, unix-ms).
        let wall = corhub_realtime_milliseconds()
        let range = CORLimits.unixMilliseconds
        return TimeBlock(
            bootID: bootID,
            boottimeNanoseconds: UInt64(max(boottime, 0)),
            wallMilliseconds: min(max(wall, range.lowerBound), range.upperBound),
            sync: sync,
            rtcPresent: rtcPresent)
    }

    /// Its modification time.
    package func timeServiceStamp() -> Int64? {
        FileStatus(ofFile: stamp)?.changedMilliseconds
    }

    /// Synchronised while the kernel's clock is disciplined (adjtimex); stepped when a time service set it since boot
    /// and does not steer it now; otherwise never. A forbidden adjtimex counts as "not disciplined".
    private var sync: ClockSync {
        if corhub_clock_is_synchronised() == 1 { return .synchronised }
        return access(synchronisedMark, F_OK) == 0 ? .stepped : .never
    }

    private static let bootIDLength = 16

    static func bootIDBytes(_ text: String) -> [UInt8]? {
        Hexadecimal.bytes(of: text.filter { $0 != "-" }).flatMap { $0.count == bootIDLength ? $0 : nil }
    }

    /// At most 64 bytes are looked at.
    private static func firstLine(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
