package import CBORCoding

/// A device that must not be used, and why.
///
/// firmware-specs/cddl: `recall`.
package struct DeviceRecall: CBORShape, Sendable, Hashable {
    package var serial: DeviceSerial
    package var state: RecallState
    /// For people; 1 to 128 bytes, no personal data.
    package var reason: String

    package static let reasonLength = 1...128

    package init(serial: DeviceSerial, state: RecallState, reason: String) {
        self.serial = serial
        self.state = state
        self.reason = reason
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self = try decoder.decodeArray(count: 3) { (decoder) throws(CBORError) in
            DeviceRecall(
                serial: try DeviceSerial(from: &decoder), state: try RecallState(from: &decoder),
                reason: try decoder.decodeText(length: Self.reasonLength))
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 3)
        encoder.encode(serial)
        encoder.encode(state)
        encoder.encode(reason)
    }
}
