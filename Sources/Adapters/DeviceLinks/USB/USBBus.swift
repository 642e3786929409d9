import CORProtocol
import DurableFiles
import Glibc
import HubCore
import USBProtocol

/// The kernel's own list of what is plugged in: sysfs, which needs neither udev nor an open device and is never stale.
///
/// docs/decisions/0050-usb-list-from-sysfs.md
enum USBBus {
    struct Fault: Error {
        var reason: String
    }

    static let folder = "/sys/bus/usb/devices"
    /// A running udev tells of changes, after it has set the owner of the node.
    static let udevControl = "/run/udev/control"
    /// Entries of the folder that are looked at; each device and each interface has one.
    private static let entryCountMax = 4_096
    /// Bytes of a string attribute.
    private static let stringLengthMax = 512

    static var tellsOfChanges: Bool {
        access(udevControl, F_OK) == 0
    }

    /// Devices with our vendor and product id.
    static func sightings() throws(Fault) -> [USBSighting] {
        let names: [String]
        do throws(FileFault) {
            names = try FolderNames.of(folder)
        } catch {
            throw Fault(reason: "\(folder) cannot be read (error \(error.code)): this kernel has no USB")
        }
        return names.prefix(entryCountMax).compactMap { name in
            // Interfaces have a colon, root hubs are "usb1".
            guard let first = name.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
                !name.utf8.contains(UInt8(ascii: ":"))
            else { return nil }
            return sighting(at: name)
        }
    }

    /// What is plugged in there; nil for nothing, and for what has other ids than ours.
    static func sighting(at portPath: String) -> USBSighting? {
        let device = "\(folder)/\(portPath)"
        guard number(in: "\(device)/idVendor", radix: 16) == Int(CORTransport.usbVendorID),
            number(in: "\(device)/idProduct", radix: 16) == Int(CORTransport.usbProductID),
            let busNumber = number(in: "\(device)/busnum", radix: 10),
            let deviceAddress = number(in: "\(device)/devnum", radix: 10),
            // One byte more than may be: the reader refuses it.
            let descriptors = bytes(of: "\(device)/descriptors", lengthMax: USBDescriptors.lengthMax + 1)
        else { return nil }
        let place = USBPlace(busNumber: busNumber, deviceAddress: deviceAddress, portPath: portPath)
        return USBSighting(
            place: place, descriptors: descriptors, serial: text(in: "\(device)/serial"),
            product: text(in: "\(device)/product"), isOpenable: access(node(of: place), R_OK | W_OK) == 0)
    }

    static func node(of place: USBPlace) -> String {
        func padded(_ number: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, 3 - digits.utf8.count)) + digits
        }
        return "/dev/bus/usb/\(padded(place.busNumber))/\(padded(place.deviceAddress))"
    }

    private static func number(in path: String, radix: Int) -> Int? {
        text(in: path).flatMap { Int(String(decoding: $0, as: UTF8.self), radix: radix) }
    }

    /// Without the newline that sysfs adds.
    private static func text(in path: String) -> [UInt8]? {
        guard var text = bytes(of: path, lengthMax: stringLengthMax) else { return nil }
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        return text
    }

    private static func bytes(of path: String, lengthMax: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return bytes(of: file, lengthMax: lengthMax)
    }

    /// What an open file gives from where it stands; nil where reading fails.
    static func bytes(of file: Int32, lengthMax: Int) -> [UInt8]? {
        var isRead = true
        let bytes = [UInt8](unsafeUninitializedCapacity: lengthMax) { buffer, count in
            while count < lengthMax {
                let length = read(file, buffer.baseAddress.map { $0 + count }, lengthMax - count)
                if length < 0, errno == EINTR { continue }
                isRead = length >= 0
                guard length > 0 else { return }
                count += length
            }
        }
        return isRead ? bytes : nil
    }
}
