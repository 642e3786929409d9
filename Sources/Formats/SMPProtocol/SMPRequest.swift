package import CBORCoding

/// A request of one command, both ways: a client encodes it, a server decodes it.
package protocol SMPRequest: Sendable {
    associatedtype Response: SMPResponse

    static var group: UInt16 { get }
    static var command: UInt8 { get }

    /// `.read` or `.write`.
    var operation: SMPOperation { get }
    /// The payload, a CBOR map.
    var payload: CBORValue { get }

    /// Reads the request out of a decoded payload; an operation that the command has not is refused.
    init(operation: SMPOperation, payload: CBORValue) throws(SMPError)
}

/// A successful answer to one command, both ways: a server encodes it, a client decodes it.
package protocol SMPResponse: Sendable {
    /// The payload, a CBOR map.
    var payload: CBORValue { get }

    init(payload: CBORValue) throws(SMPError)
}

extension SMPRequest {
    package func message(sequence: UInt8, version: SMPVersion = .v2) -> SMPMessage {
        SMPMessage(
            version: version, operation: operation, group: Self.group, sequence: sequence, command: Self.command,
            payload: payload.encoded())
    }

    static func unexpected(_ operation: SMPOperation) -> SMPError {
        .messageUnexpected(group: group, command: command, operation: operation)
    }
}

extension SMPMessage {
    /// Server role: the typed request in this message.
    package func request<Request: SMPRequest>(
        _ type: Request.Type, limits: SMPLimits = SMPLimits()
    ) throws(SMPError) -> Request {
        guard header.group == Request.group, header.command == Request.command, !header.operation.isResponse else {
            throw .messageUnexpected(group: header.group, command: header.command, operation: header.operation)
        }
        return try Request(operation: header.operation, payload: decodePayload(limits: limits))
    }

    /// Client role: what the peer answered, its refusal included.
    package func response<Response: SMPResponse>(
        _ type: Response.Type, limits: SMPLimits = SMPLimits()
    ) throws(SMPError) -> Result<Response, SMPFailure> {
        let payload = try decodePayload(limits: limits)
        if let failure = try SMPFailure(payload: payload) {
            return .failure(failure)
        }
        return .success(try Response(payload: payload))
    }

    /// Server role: the answer to this request, with its version and sequence.
    package func answered(_ response: some SMPResponse) -> SMPMessage {
        answer(payload: response.payload)
    }

    /// Server role: the refusal of this request, in the shape of the request's version.
    package func answered(_ failure: SMPFailure) -> SMPMessage {
        answer(payload: failure.payload(version: header.version))
    }

    private func answer(payload: CBORValue) -> SMPMessage {
        SMPMessage(
            version: header.version, operation: header.operation.response, group: header.group,
            sequence: header.sequence, command: header.command, payload: payload.encoded())
    }
}

/// Success with nothing to say. Fields that the peer adds are ignored.
package struct EmptyResponse: SMPResponse, Hashable {
    package init() {}

    package init(payload: CBORValue) throws(SMPError) {
        _ = try SMPFields(payload)
    }

    package var payload: CBORValue { .map([]) }
}
