package import CBORCoding

/// OS group, command 0: the device sends the text back. Legal as a read too.
package struct EchoRequest: SMPRequest, Hashable {
    package typealias Response = EchoResponse
    package static let group = SMPGroup.os
    package static let command: UInt8 = 0

    package var text: String
    package var operation: SMPOperation

    package init(text: String, operation: SMPOperation = .write) {
        self.text = text
        self.operation = operation
    }

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard !operation.isResponse else { throw Self.unexpected(operation) }
        self.init(text: try SMPFields(payload).text("d"), operation: operation)
    }

    package var payload: CBORValue { .fields(["d": .text(text)]) }
}

package struct EchoResponse: SMPResponse, Hashable {
    package var text: String

    package init(text: String) {
        self.text = text
    }

    package init(payload: CBORValue) throws(SMPError) {
        text = try SMPFields(payload).text("r")
    }

    package var payload: CBORValue { .fields(["r": .text(text)]) }
}
