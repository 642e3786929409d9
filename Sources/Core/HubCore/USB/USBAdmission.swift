package import CORProtocol
import USBProtocol

/// Whether a device on the bus is one of ours: a pure judgement over what it says of itself.
///
/// Admitted means worth opening, not trusted: that comes with the attestation. The interface allow-list is
/// firmware-specs/transport.md, section 4.
package enum USBAdmission: Sendable, Hashable {
    /// Not ours at all; most of what is on a bus.
    case foreign
    case admitted(USBChannels, serial: DeviceSerial)
    case refused(USBRefusal)

    package static func verdict(on sighting: USBSighting) -> USBAdmission {
        verdict(onDescriptors: sighting.descriptors, serial: sighting.serial)
    }

    /// - Parameters:
    ///   - bytes: what `USBDescriptors` reads.
    ///   - serial: the serial number string, UTF-8.
    package static func verdict(onDescriptors bytes: [UInt8], serial: [UInt8]?) -> USBAdmission {
        guard let device = try? USBDeviceDescriptor(decoding: bytes),
            device.vendorID == CORTransport.usbVendorID, device.productID == CORTransport.usbProductID
        else { return .foreign }
        do throws(USBRefusal) {
            let channels = try channels(in: bytes)
            return .admitted(channels, serial: try Self.serial(serial))
        } catch {
            return .refused(error)
        }
    }

    private static func channels(in bytes: [UInt8]) throws(USBRefusal) -> USBChannels {
        let descriptors: USBDescriptors
        do throws(USBDescriptorError) {
            descriptors = try USBDescriptors(decoding: bytes)
        } catch {
            throw .malformedDescriptors(error)
        }
        guard descriptors.configurations.count == 1, let configuration = descriptors.configurations.first else {
            throw .configurationCount(descriptors.configurations.count)
        }
        for interface in configuration.interfaces where !isOurs(interface) && !isFirmwareUpgrade(interface) {
            throw .addsInterface(interfaceClass: interface.interfaceClass)
        }
        let ours = configuration.interfaces.filter(isOurs)
        guard let interface = ours.first else { throw .interfaceMissing }
        guard ours.count == 1 else { throw .interfaceTwice }
        return try channels(of: interface)
    }

    private static func channels(of interface: USBInterface) throws(USBRefusal) -> USBChannels {
        func only(_ type: USBEndpoint.TransferType, isIn: Bool) throws(USBRefusal) -> USBChannels.Endpoint {
            let found = interface.endpoints.filter { $0.transferType == type && $0.isIn == isIn }
            guard found.count == 1, let endpoint = found.first, endpoint.packetLengthMax > 0 else {
                throw .endpointsWrong
            }
            return USBChannels.Endpoint(address: endpoint.address, packetLengthMax: Int(endpoint.packetLengthMax))
        }
        guard interface.alternateSetting == 0, interface.endpoints.count == 3,
            Set(interface.endpoints.map(\.address)).count == 3
        else { throw .endpointsWrong }
        return USBChannels(
            interfaceNumber: interface.number, messagesOut: try only(.bulk, isIn: false),
            messagesIn: try only(.bulk, isIn: true), eventsIn: try only(.interrupt, isIn: true))
    }

    private static func serial(_ bytes: [UInt8]?) throws(USBRefusal) -> DeviceSerial {
        guard let bytes else { throw .serialMissing }
        guard let serial = DeviceSerial(String(decoding: bytes, as: UTF8.self)) else { throw .serialMalformed }
        return serial
    }

    private static func isOurs(_ interface: USBInterface) -> Bool {
        interface.interfaceClass == CORTransport.usbInterfaceClass
            && interface.interfaceSubclass == CORTransport.usbInterfaceSubclass
            && interface.interfaceProtocol == CORTransport.usbInterfaceProtocol
    }

    private static func isFirmwareUpgrade(_ interface: USBInterface) -> Bool {
        interface.interfaceClass == CORTransport.usbUpgradeClass
            && interface.interfaceSubclass == CORTransport.usbUpgradeSubclass
    }
}
