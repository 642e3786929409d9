import JSONCoding

/// The upstream's error answer: {"error": {"code", "message", ?"next_sequence"}}. firmware-specs/upstream.md.
struct UpstreamErrorBody: Equatable {
    static let codeLengthMax = 64
    static let messageLengthMax = 256

    /// The code for a certificate that is good for renewing only.
    static let certificateExpired = "certificate-expired"

    let code: String
    let message: String
    let nextSequence: UInt64?

    /// nil unless the answer has this form: then it was not the upstream that spoke.
    init?(_ response: HTTPResponse) {
        let limits = JSONLimits()
        guard
            let value = try? JSONValue.parse(response.body, limits: limits),
            let error = value["error"],
            let code = error["code"]?.stringValue,
            let message = error["message"]?.stringValue
        else { return nil }
        self.code = Self.printable(code, lengthMax: Self.codeLengthMax)
        self.message = Self.printable(message, lengthMax: Self.messageLengthMax)
        self.nextSequence = error["next_sequence"]?.integerValue.flatMap { UInt64(exactly: $0) }
    }

    /// What may go to a log and a terminal: printable ASCII; anything else becomes "?".
    private static func printable(_ text: String, lengthMax: Int) -> String {
        let bytes = text.utf8.prefix(lengthMax).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
