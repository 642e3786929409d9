/// All that a device tells before anybody works with it: its device descriptor, then its configurations.
///
/// This is what Linux gives to read in a device node and in sysfs. Every byte is the peer's.
package struct USBDescriptors: Sendable, Hashable {
    /// Bytes of the whole set. One vendor interface takes 57.
    package static let lengthMax = 4_096

    package var device: USBDeviceDescriptor
    package var configurations: [USBConfiguration]

    package init(device: USBDeviceDescriptor, configurations: [USBConfiguration]) {
        self.device = device
        self.configurations = configurations
    }

    package init(decoding bytes: [UInt8]) throws(USBDescriptorError) {
        guard bytes.count <= Self.lengthMax else { throw .tooLong(length: bytes.count, max: Self.lengthMax) }
        device = try USBDeviceDescriptor(decoding: bytes)
        configurations = []
        var offset = USBDeviceDescriptor.byteCount
        while offset < bytes.count {
            configurations.append(try USBConfiguration(decoding: bytes, at: &offset))
        }
        guard configurations.count == Int(device.configurationCount) else {
            throw .countWrong(
                what: "configurations", said: Int(device.configurationCount), found: configurations.count)
        }
    }

    package func encoded() -> [UInt8] {
        device.encoded() + configurations.flatMap { $0.encoded() }
    }
}
