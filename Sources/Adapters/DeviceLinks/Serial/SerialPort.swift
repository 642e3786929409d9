import CORProtocol
import DurableFiles
import Glibc
import HubCore

/// A serial port that Linux has for a USB device, as sysfs tells of it.
struct SerialPort: Sendable, Hashable {
    /// For example "ttyACM0".
    var name: String
    var vendorID: UInt16
    var productID: UInt16
    var serial: String?
    var product: String?
    /// Bus and port numbers, for example "1-2.4".
    var portPath: String

    /// Folders from a tty's device up to its USB device; one for CDC-ACM, two for a converter.
    private static let levelCountMax = 4
    /// Bytes of an attribute. USB strings have up to 126 UTF-16 units.
    private static let attributeLengthMax = 512
    /// Ports that are looked at.
    private static let countMax = 256

    /// All ports of USB devices.
    ///
    /// - Parameter folder: "/sys/class/tty".
    static func all(in folder: String) -> [SerialPort] {
        let names = (try? FolderNames.of(folder)) ?? []
        return Array(names.lazy.compactMap { SerialPort(name: $0, folder: folder) }.prefix(countMax))
    }

    /// nil for what is no port of a USB device.
    private init?(name: String, folder: String) {
        guard var path = Self.resolved("\(folder)/\(name)/device") else { return nil }
        for _ in 0..<Self.levelCountMax {
            if let vendorID = Self.hexadecimal("\(path)/idVendor"),
                let productID = Self.hexadecimal("\(path)/idProduct")
            {
                self.name = name
                self.vendorID = vendorID
                self.productID = productID
                serial = Self.attribute("\(path)/serial")
                product = Self.attribute("\(path)/product")
                portPath = String(path.split(separator: "/").last ?? "")
                return
            }
            guard let end = path.lastIndex(of: "/"), end != path.startIndex else { return nil }
            path = String(path[..<end])
        }
        return nil
    }

    private static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    private static func hexadecimal(_ path: String) -> UInt16? {
        attribute(path).flatMap { UInt16($0, radix: 16) }
    }

    /// One line of text, without what a terminal would obey.
    private static func attribute(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: attributeLengthMax)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let text = String(decoding: bytes[..<count].prefix { $0 != 0x0A }, as: UTF8.self)
        let printable = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.isPrintable }))
        return printable.isEmpty ? nil : printable
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
