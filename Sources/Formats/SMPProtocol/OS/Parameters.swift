package import CBORCoding

/// OS group, command 6: how much the device can take.
package struct ParametersRequest: SMPRequest, Hashable {
    package typealias Response = ParametersResponse
    package static let group = SMPGroup.os
    package static let command: UInt8 = 6

    package init() {}

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .read else { throw Self.unexpected(operation) }
        _ = try SMPFields(payload)
    }

    package var operation: SMPOperation { .read }
    package var payload: CBORValue { .map([]) }
}

package struct ParametersResponse: SMPResponse, Hashable {
    /// Bytes of the largest message that the device can take, header included.
    package var bufferSize: UInt32
    /// How many requests may be outstanding.
    package var bufferCount: UInt32

    package init(bufferSize: UInt32, bufferCount: UInt32) {
        self.bufferSize = bufferSize
        self.bufferCount = bufferCount
    }

    package init(payload: CBORValue) throws(SMPError) {
        let fields = try SMPFields(payload)
        bufferSize = try fields.integer("buf_size")
        bufferCount = try fields.integer("buf_count")
    }

    package var payload: CBORValue {
        .fields(["buf_size": .integer(Int64(bufferSize)), "buf_count": .integer(Int64(bufferCount))])
    }
}
