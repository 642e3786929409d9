/// A string of a device: UTF-16, little endian, at most 126 units. USB 2.0, table 9-16.
package enum USBStringDescriptor {
    package static let unitCountMax = 126
    /// The list of languages: US English alone.
    package static let languages: [UInt8] = [4, USBDescriptorType.string, 0x09, 0x04]

    /// What does not fit is left out.
    package static func encoded(_ text: String) -> [UInt8] {
        let units = Array(text.utf16.prefix(unitCountMax))
        return [UInt8(2 + 2 * units.count), USBDescriptorType.string] + units.flatMap { $0.littleEndianBytes }
    }
}
