/// Types of standard descriptors. USB 2.0, table 9-5.
package enum USBDescriptorType {
    package static let device: UInt8 = 1
    package static let configuration: UInt8 = 2
    package static let string: UInt8 = 3
    package static let interface: UInt8 = 4
    package static let endpoint: UInt8 = 5
    package static let deviceQualifier: UInt8 = 6
}
