package import CBORCoding
package import CORProtocol

/// What is durable of the security counter that a device's boot loader demands: the highest that the device has signed.
package struct DemandedCounter: CBORShape, Sendable, Hashable {
    package var serial: DeviceSerial
    package var counter: UInt32

    package init(serial: DeviceSerial, counter: UInt32) {
        self.serial = serial
        self.counter = counter
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self = try decoder.decodeArray(count: 2) { (decoder) throws(CBORError) in
            DemandedCounter(serial: try DeviceSerial(from: &decoder), counter: try decoder.decodeInteger())
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 2)
        encoder.encode(serial)
        encoder.encode(UInt64(counter))
    }
}
