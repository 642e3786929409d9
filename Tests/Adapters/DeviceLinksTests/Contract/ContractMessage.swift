import SMPProtocol

/// Echo requests of SMP, as an encoder makes them: heads are as short as can be.
enum ContractMessage {
    /// A request of an exact length, at least 300 bytes.
    static func request(length: Int, seed: UInt8) -> [UInt8] {
        precondition(length >= 300, "a text of fewer than 256 bytes has a shorter head")
        return request(textLength: length - SMPHeader.byteCount - 6, seed: seed)
    }

    /// A request whose text is different for each seed.
    static func request(textLength: Int, seed: UInt8) -> [UInt8] {
        let head: [UInt8] =
            switch textLength {
            case ..<24: [0x60 + UInt8(textLength)]
            case ..<256: [0x78, UInt8(textLength)]
            default: [0x79, UInt8(textLength >> 8), UInt8(textLength & 0xFF)]
            }
        let payload = [0xA1, 0x61, UInt8(ascii: "d")] + head + (0..<textLength).map { letter($0 + Int(seed)) }
        return [0x0A, 0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), 0, 0, seed, 0] + payload
    }

    /// What a device answers: the operation is a write response, the key is "r".
    static func echoed(_ request: [UInt8]) -> [UInt8] {
        var answer = request
        answer[0] |= 1
        answer[10] = UInt8(ascii: "r")
        return answer
    }

    private static func letter(_ index: Int) -> UInt8 {
        UInt8(ascii: "a") + UInt8(index % 26)
    }
}
