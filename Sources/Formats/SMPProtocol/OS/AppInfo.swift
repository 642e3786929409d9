package import CBORCoding

/// OS group, command 7: what runs on the device, in the manner of uname.
package struct AppInfoRequest: SMPRequest, Hashable {
    package typealias Response = AppInfoResponse
    package static let group = SMPGroup.os
    package static let command: UInt8 = 7

    /// Letters of what is asked for: s kernel name, n node name, r kernel release, v version, b build date and time,
    /// m machine, p processor, i platform, o operating system, a all. Nil is the device's default, "s".
    package var format: String?

    package init(format: String? = nil) {
        self.format = format
    }

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .read else { throw Self.unexpected(operation) }
        format = try SMPFields(payload).textIfPresent("format")
    }

    package var operation: SMPOperation { .read }
    package var payload: CBORValue { .fields(["format": format.map(CBORValue.text)]) }
}

package struct AppInfoResponse: SMPResponse, Hashable {
    package var output: String

    package init(output: String) {
        self.output = output
    }

    package init(payload: CBORValue) throws(SMPError) {
        output = try SMPFields(payload).text("output")
    }

    package var payload: CBORValue { .fields(["output": .text(output)]) }
}
