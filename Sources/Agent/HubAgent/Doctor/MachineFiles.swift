import CORProtocol
import DurableFiles
import Glibc
import HubCore

/// What files of the system tell: sysfs, proc, udev's rules.
struct MachineFiles: Sendable {
    /// "" for this machine.
    let root: String

    private static let ruleFolders = [
        "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d",
    ]
    private static let rule = "70-corhub.rules"
    private static let deviceGroup = "corhub-dev"
    /// As sysfs writes them: four hexadecimal digits.
    private static let vendor = padded(Int(CORTransport.usbVendorID), 4, radix: 16)
    private static let product = padded(Int(CORTransport.usbProductID), 4, radix: 16)

    var hasUdevRule: Bool {
        Self.ruleFolders.contains { access("\(root)\($0)/\(Self.rule)", F_OK) == 0 }
    }

    /// Nodes of the devices that are plugged in.
    var deviceNodes: [DoctorFacts.DeviceNode] {
        let folder = "\(root)/sys/bus/usb/devices"
        return Self.names(in: folder).compactMap { name in
            let device = "\(folder)/\(name)"
            guard Self.line(device + "/idVendor") == Self.vendor, Self.line(device + "/idProduct") == Self.product,
                let bus = Self.line(device + "/busnum").flatMap({ Int($0) }),
                let number = Self.line(device + "/devnum").flatMap({ Int($0) })
            else { return nil }
            let path = "/dev/bus/usb/\(Self.padded(bus, 3))/\(Self.padded(number, 3))"
            guard let node = FileStatus(ofFile: root + path) else { return nil }
            return DoctorFacts.DeviceNode(
                path: path, isGroupRight: node.group == Self.number(ofGroup: Self.deviceGroup, root: root),
                mode: node.mode & 0o777)
        }
    }

    /// JEDEC eMMC 5.1: "0x02 0x01", tenths of two kinds of memory; the worse counts.
    var wearTenths: [String: Int] {
        var tenths: [String: Int] = [:]
        for name in Self.names(in: "\(root)/sys/block") {
            guard let line = Self.line("\(root)/sys/block/\(name)/device/life_time") else { continue }
            let worst = line.split(separator: " ").compactMap { Int($0.dropFirst(2), radix: 16) }.max()
            // 0 says that the memory does not tell.
            if let worst, worst > 0 { tenths[name] = worst }
        }
        return tenths
    }

    var kernelRelease: String { Self.line("\(root)/proc/sys/kernel/osrelease") ?? "" }
    var kernelVersion: String { Self.line("\(root)/proc/sys/kernel/version") ?? "" }

    private static func padded(_ number: Int, _ width: Int, radix: Int = 10) -> String {
        let text = String(number, radix: radix)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// group(5), so that a folder in place of / has groups of its own.
    private static func number(ofGroup name: String, root: String) -> gid_t? {
        for line in (text("\(root)/etc/group") ?? "").split(separator: "\n") where line.hasPrefix(name + ":") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count > 2 ? gid_t(parts[2]) : nil
        }
        return nil
    }

    private static func names(in folder: String) -> [String] { (try? FolderNames.of(folder)) ?? [] }

    private static func line(_ path: String) -> String? {
        text(path).map { String($0.prefix { $0 != "\n" }) }
    }

    /// At most 64 KiB.
    private static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count >= 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }
}
