import CBORCoding

/// How a device is connected.
///
/// firmware-specs/cddl: `link-kind`.
package enum LinkKind: String, CBORShape, Sendable, Hashable, CaseIterable {
    case usb
    case ble
    case serial
    case udp
}
