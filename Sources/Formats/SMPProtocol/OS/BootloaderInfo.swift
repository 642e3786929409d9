package import CBORCoding

/// OS group, command 8: which bootloader, or, with the query "mode", how MCUboot swaps.
package struct BootloaderInfoRequest: SMPRequest, Hashable {
    package typealias Response = BootloaderInfoResponse
    package static let group = SMPGroup.os
    package static let command: UInt8 = 8
    package static let modeQuery = "mode"

    package var query: String?

    package init(query: String? = nil) {
        self.query = query
    }

    package init(operation: SMPOperation, payload: CBORValue) throws(SMPError) {
        guard operation == .read else { throw Self.unexpected(operation) }
        query = try SMPFields(payload).textIfPresent("query")
    }

    package var operation: SMPOperation { .read }
    package var payload: CBORValue { .fields(["query": query.map(CBORValue.text)]) }
}

/// Each field answers one query; a device sends the one that was asked for.
package struct BootloaderInfoResponse: SMPResponse, Hashable {
    /// "MCUboot", to the empty query.
    package var bootloader: String?
    /// MCUboot's mode number, to "mode"; -1 is unknown.
    package var mode: Int32?
    package var noDowngrade: Bool?

    package init(bootloader: String? = nil, mode: Int32? = nil, noDowngrade: Bool? = nil) {
        self.bootloader = bootloader
        self.mode = mode
        self.noDowngrade = noDowngrade
    }

    package init(payload: CBORValue) throws(SMPError) {
        let fields = try SMPFields(payload)
        bootloader = try fields.textIfPresent("bootloader")
        mode = try fields.integerIfPresent("mode")
        noDowngrade = try fields.boolIfPresent("no-downgrade")
    }

    package var payload: CBORValue {
        .fields([
            "bootloader": bootloader.map(CBORValue.text),
            "mode": mode.map { .integer(Int64($0)) },
            "no-downgrade": noDowngrade.map(CBORValue.bool),
        ])
    }
}
