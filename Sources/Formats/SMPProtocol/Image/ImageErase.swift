package import CBORCoding

/// Image group, command 5: erases a slot. Slow, and the device answers only when it is done.
package struct ImageEraseRequest: SMPRequest, Hashable {
    package typealias Response = EmptyResponse
    package static let group = SMPGroup.image
    package static let command: UInt8 = 5

    /// Nil is the device's default, slot 1.
    package var slot: UInt32?

    package init(slot: UInt32? = nil) {
        self.slot = slot
    }

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .write else { throw Self.unexpected(operation) }
        slot = try SMPFields(payload).integerIfPresent("slot")
    }

    package var operation: SMPOperation { .write }
    package var payload: CBORValue { .fields(["slot": slot.map { .integer(Int64($0)) }]) }
}
