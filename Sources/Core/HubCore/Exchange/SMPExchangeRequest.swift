import CBORCoding
package import SMPProtocol

/// Names a request for as long as its exchange lives.
package struct SMPRequestID: Sendable, Hashable {
    package var rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// A request as an exchange sends it: everything but the sequence number, which the exchange gives.
package struct SMPExchangeRequest: Sendable, Hashable {
    package var id: SMPRequestID
    package var operation: SMPOperation
    package var group: UInt16
    package var command: UInt8
    /// A CBOR map, encoded.
    package var payload: [UInt8]
    /// Nil takes that of the exchange's limits; an erase needs its own.
    package var responseTimeout: Duration?
    /// Nil takes that of the exchange's limits; 1 for what must not happen twice.
    package var attemptCountMax: Int?

    package init(
        id: SMPRequestID, operation: SMPOperation, group: UInt16, command: UInt8, payload: [UInt8],
        responseTimeout: Duration? = nil, attemptCountMax: Int? = nil
    ) {
        self.id = id
        self.operation = operation
        self.group = group
        self.command = command
        self.payload = payload
        self.responseTimeout = responseTimeout
        self.attemptCountMax = attemptCountMax
    }

    package init<Request: SMPRequest>(
        id: SMPRequestID, _ request: Request, responseTimeout: Duration? = nil, attemptCountMax: Int? = nil
    ) {
        self.init(
            id: id, operation: request.operation, group: Request.group, command: Request.command,
            payload: request.payload.encoded(), responseTimeout: responseTimeout, attemptCountMax: attemptCountMax)
    }

    func message(sequence: UInt8, version: SMPVersion) -> SMPMessage {
        SMPMessage(
            version: version, operation: operation, group: group, sequence: sequence, command: command,
            payload: payload)
    }
}
