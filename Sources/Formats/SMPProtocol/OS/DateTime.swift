package import CBORCoding

/// OS group, command 4, read: the device's clock. Devices without one answer NOTSUP: normal.
package struct DateTimeReadRequest: SMPRequest, Hashable {
    package typealias Response = DateTimeReadResponse
    package static let group = SMPGroup.os
    package static let command: UInt8 = 4

    package init() {}

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .read else { throw Self.unexpected(operation) }
        _ = try SMPFields(payload)
    }

    package var operation: SMPOperation { .read }
    package var payload: CBORValue { .map([]) }
}

/// The device's clock as RFC 3339 text, without a zone where the device knows none.
package struct DateTimeReadResponse: SMPResponse, Hashable {
    package var dateTime: String

    package init(dateTime: String) {
        self.dateTime = dateTime
    }

    package init(payload: CBORValue) throws(SMPError) {
        dateTime = try SMPFields(payload).text("datetime")
    }

    package var payload: CBORValue { .fields(["datetime": .text(dateTime)]) }
}

/// OS group, command 4, write: sets the device's clock from RFC 3339 text.
package struct DateTimeWriteRequest: SMPRequest, Hashable {
    package typealias Response = EmptyResponse
    package static let group = SMPGroup.os
    package static let command: UInt8 = 4

    package var dateTime: String

    package init(dateTime: String) {
        self.dateTime = dateTime
    }

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .write else { throw Self.unexpected(operation) }
        dateTime = try SMPFields(payload).text("datetime")
    }

    package var operation: SMPOperation { .write }
    package var payload: CBORValue { .fields(["datetime": .text(dateTime)]) }
}
