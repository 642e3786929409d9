package import CBORCoding

/// A refusal that the peer expressed in good form.
///
/// Version 1 says `{"rc": n, ?"rsn": text}`; version 2 says `{"err": {"group": g, "rc": n}}` for errors of a group,
/// and still `{"rc": n}` for errors of SMP itself. Both are read whatever the header's version is.
package struct SMPFailure: Error, Sendable, Hashable {
    /// The group whose own code this is; nil where `code` is an `SMPReturnCode`.
    package var group: UInt16?
    package var code: UInt16
    /// The peer's words, at most `reasonLengthMax` bytes of them.
    package var reason: String?

    package static let reasonLengthMax = 256

    package init(group: UInt16? = nil, code: UInt16, reason: String? = nil) {
        self.group = group
        self.code = code
        self.reason = reason
    }

    package init(_ code: SMPReturnCode, reason: String? = nil) {
        self.init(code: code.rawValue, reason: reason)
    }

    /// The shared meaning of the code; nil for a group's own code and for numbers beyond the list.
    package var returnCode: SMPReturnCode? {
        group == nil ? SMPReturnCode(rawValue: code) : nil
    }

    /// Finds the failure in the payload of a response; nil when it tells of success, as an empty map does.
    package init?(payload: CBORValue) throws(SMPError) {
        let fields = try SMPFields(payload)
        if let error = try fields.mapIfPresent("err") {
            let group = try error.integer("group", as: UInt16.self)
            let code = try error.integer("rc", as: UInt16.self)
            guard code != 0 else { return nil }
            self.init(group: group, code: code, reason: try Self.reason(in: fields))
            return
        }
        guard let code = try fields.integerIfPresent("rc", as: UInt16.self), code != 0 else { return nil }
        self.init(code: code, reason: try Self.reason(in: fields))
    }

    /// The payload that tells a client of this failure. Version 1 cannot carry a group's code and sends UNKNOWN for it.
    package func payload(version: SMPVersion) -> CBORValue {
        switch (version, group) {
        case (.v2, .some(let group)):
            .fields([
                "err": .fields(["group": .integer(Int64(group)), "rc": .integer(Int64(code))]),
                "rsn": reason.map(CBORValue.text),
            ])
        case (.v1, .some):
            .fields([
                "rc": .integer(Int64(SMPReturnCode.unknown.rawValue)), "rsn": reason.map(CBORValue.text),
            ])
        case (_, nil):
            .fields(["rc": .integer(Int64(code)), "rsn": reason.map(CBORValue.text)])
        }
    }

    private static func reason(in fields: SMPFields) throws(SMPError) -> String? {
        guard let text = try fields.textIfPresent("rsn") else { return nil }
        return text.utf8.count <= reasonLengthMax ? text : String(text.prefix(reasonLengthMax / 4))
    }
}

extension SMPFailure: CustomStringConvertible {
    /// Without `reason`: that is the peer's text and only for those who ask for it.
    package var description: String {
        if let imageReturnCode {
            return "image group: \(imageReturnCode) (\(code))"
        }
        if let osReturnCode {
            return "OS group: \(osReturnCode) (\(code))"
        }
        if let group {
            return "error \(code) of group \(group)"
        }
        if let returnCode {
            return "\(returnCode.name) (\(code))"
        }
        return "error \(code)"
    }
}
