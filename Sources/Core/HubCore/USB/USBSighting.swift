/// A device as the kernel lists it. What the device says is bytes that nobody has looked at.
package struct USBSighting: Sendable, Hashable {
    package var place: USBPlace
    /// Device and configuration descriptors, as `USBDescriptors` reads them.
    package var descriptors: [UInt8]
    /// The serial number string in UTF-8; nil where there is none.
    package var serial: [UInt8]?
    /// The product string in UTF-8; nil where there is none.
    package var product: [UInt8]?
    /// Whether this process may open the device's node.
    package var isOpenable: Bool

    package init(
        place: USBPlace, descriptors: [UInt8], serial: [UInt8]? = nil, product: [UInt8]? = nil, isOpenable: Bool = true
    ) {
        self.place = place
        self.descriptors = descriptors
        self.serial = serial
        self.product = product
        self.isOpenable = isOpenable
    }
}
