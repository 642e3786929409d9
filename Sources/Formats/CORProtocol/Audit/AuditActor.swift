package import CBORCoding

/// Who did what an audit entry says.
///
/// firmware-specs/cddl: `audit-actor`.
package struct AuditActor: CBORShape, Sendable, Hashable {
    package var component: String
    /// Of the local user.
    package var userID: UInt64?
    /// The id of the remote command.
    package var remoteCommand: String?

    package init(component: String, userID: UInt64? = nil, remoteCommand: String? = nil) {
        self.component = component
        self.userID = userID
        self.remoteCommand = remoteCommand
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var component: String?
        var userID: UInt64?
        var remoteCommand: String?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: component = try value.decodeText(length: 1...64)
            case 2: userID = try value.decodeInteger(in: CORLimits.counters)
            case 3: remoteCommand = try value.decodeText(length: 1...64)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let component else {
            throw .missingKey(of: "audit-actor", offset: messageOffset)
        }
        self.init(component: component, userID: userID, remoteCommand: remoteCommand)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1 + (userID == nil ? 0 : 1) + (remoteCommand == nil ? 0 : 1))
        encoder.encode(1)
        encoder.encode(component)
        if let userID {
            encoder.encode(2)
            encoder.encode(userID)
        }
        if let remoteCommand {
            encoder.encode(3)
            encoder.encode(remoteCommand)
        }
    }
}
