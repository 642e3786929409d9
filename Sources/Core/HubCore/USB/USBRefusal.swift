import CORProtocol
package import USBProtocol

/// Why a device that has our vendor and product id is not worked with.
package enum USBRefusal: Error, Sendable, Hashable {
    case malformedDescriptors(USBDescriptorError)
    case configurationCount(Int)
    /// It has an interface besides ours: BadUSB, a keyboard or a disk that comes with the device.
    case addsInterface(interfaceClass: UInt8)
    case interfaceMissing
    case interfaceTwice
    /// Not one bulk endpoint each way and one interrupt endpoint to the hub.
    case endpointsWrong
    case serialMissing
    case serialMalformed
    /// A device with this serial number is there already.
    case serialTwice(portPath: String)
    /// This process may not open the device's node.
    case notPermitted
}

extension USBRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformedDescriptors(let error): "its descriptors are malformed: \(error)"
        case .configurationCount(let count): "it has \(count) configurations, and a COR One has one"
        case .addsInterface(let interfaceClass): "it adds \(Self.name(of: interfaceClass)) to itself"
        case .interfaceMissing: "it has no interface of a COR One"
        case .interfaceTwice: "it has the interface of a COR One twice"
        case .endpointsWrong: "its interface has other endpoints than a COR One"
        case .serialMissing: "it tells no serial number"
        case .serialMalformed: "what it tells as its serial number is none"
        case .serialTwice(let portPath): "a device with its serial number is plugged in at \(portPath)"
        case .notPermitted:
            "its node cannot be opened: install udev/70-corhub.rules and run corhub in the group corhub-dev"
        }
    }

    /// USB-IF, "Defined Class Codes".
    private static func name(of interfaceClass: UInt8) -> String {
        switch interfaceClass {
        case 0x02, 0x0A: "a modem or network card"
        case 0x03: "a keyboard or another input device"
        case 0x08: "a disk"
        case 0x09: "a hub"
        case 0xE0: "a radio"
        default: "an interface of class \(interfaceClass)"
        }
    }
}
