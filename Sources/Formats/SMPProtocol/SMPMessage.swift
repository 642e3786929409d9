package import CBORCoding

/// One whole SMP message: a header and the CBOR map after it, still encoded.
package struct SMPMessage: Sendable, Hashable {
    package var header: SMPHeader
    /// A CBOR map; empty stands for the empty map, as some clients send it.
    package var payload: [UInt8]

    /// Makes a message whose header length is that of `payload`, which must fit 16 bits.
    package init(
        version: SMPVersion = .v2, operation: SMPOperation, group: UInt16, sequence: UInt8, command: UInt8,
        payload: [UInt8]
    ) {
        precondition(payload.count <= Int(UInt16.max), "an SMP payload is at most 65,535 bytes")
        header = SMPHeader(
            version: version, operation: operation, length: UInt16(payload.count), group: group, sequence: sequence,
            command: command)
        self.payload = payload
    }

    /// Reads exactly one message. The payload is bounded here and decoded only by `decodePayload`.
    package init(decoding bytes: [UInt8], limits: SMPLimits = SMPLimits()) throws(SMPError) {
        header = try SMPHeader(decoding: bytes)
        let length = Int(header.length)
        guard length <= limits.payloadLengthMax else {
            throw .payloadTooLong(length: length, max: limits.payloadLengthMax)
        }
        let found = bytes.count - SMPHeader.byteCount
        guard found >= length else { throw .payloadTruncated(expected: length, found: found) }
        guard found == length else { throw .trailingBytes(count: found - length) }
        payload = Array(bytes[SMPHeader.byteCount...])
    }

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(SMPHeader.byteCount + payload.count)
        bytes += header.encoded()
        bytes += payload
        return bytes
    }

    /// The payload as a CBOR map. Tolerant: Zephyr and MCUboot answer with indefinite lengths, in any key order.
    package func decodePayload(limits: SMPLimits = SMPLimits()) throws(SMPError) -> CBORValue {
        guard !payload.isEmpty else { return .map([]) }
        let value: CBORValue
        do {
            value = try CBORValue.decode(payload, mode: .tolerant, limits: limits.cbor)
        } catch {
            throw .payloadMalformed(error)
        }
        guard case .map = value else { throw .payloadNotMap }
        return value
    }
}
