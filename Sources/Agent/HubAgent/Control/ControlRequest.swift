import TextEncodings

/// One question to the agent, taken apart.
struct ControlRequest: Sendable, Equatable {
    let method: String
    /// Segments of the path after "/v1", percent-decoding not needed: ids are plain.
    let path: [String]
    /// Percent-decoded; what is no UTF-8 then is left out.
    let query: [String: String]
    let body: [UInt8]
    /// The local user who asks, uid; nil where that does not matter.
    let user: UInt32?

    init(method: String, target: String, body: [UInt8], user: UInt32? = nil) {
        self.user = user
        self.method = method
        self.body = body
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts[0].split(separator: "/").map(String.init)
        var query: [String: String] = [:]
        if parts.count == 2 {
            for pair in parts[1].split(separator: "&") {
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                query[String(sides[0])] = sides.count == 2 ? PercentEncoding.decode(sides[1]) : ""
            }
        }
        self.query = query
    }

    /// Within 1 and `max`; `fallback` where it is not given. Nil for what is no such number.
    func count(_ name: String, default fallback: Int, max: Int) -> Int? {
        guard let text = query[name] else { return fallback }
        guard let count = Int(text), (1...max).contains(count) else { return nil }
        return count
    }
}
