package import CBORCoding

/// OS group, command 5: the device answers, then restarts.
package struct ResetRequest: SMPRequest, Hashable {
    package typealias Response = EmptyResponse
    package static let group = SMPGroup.os
    package static let command: UInt8 = 5

    /// Asks for the restart even where the application would refuse it.
    package var force: Bool
    /// 0 is normal; 1 asks for the bootloader's recovery. Nil leaves it to the device.
    package var bootMode: UInt8?

    package init(force: Bool = false, bootMode: UInt8? = nil) {
        self.force = force
        self.bootMode = bootMode
    }

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .write else { throw Self.unexpected(operation) }
        let fields = try SMPFields(payload)
        // Zephyr has taken `force` as an integer and as a boolean.
        if case .bool(let force) = payload["force"] {
            self.force = force
        } else {
            force = try fields.integerIfPresent("force", as: UInt8.self).map { $0 != 0 } ?? false
        }
        bootMode = try fields.integerIfPresent("boot_mode")
    }

    package var operation: SMPOperation { .write }

    package var payload: CBORValue {
        .fields(["force": force ? .integer(1) : nil, "boot_mode": bootMode.map { .integer(Int64($0)) }])
    }
}
