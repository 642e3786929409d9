import CHubShim
import JSONCoding

/// What somebody who looks at the status should do first: the first line of `corhub status`.
enum StatusAdvice {
    static func first(_ status: JSONValue) -> String {
        rules.lazy.compactMap { $0(status) }.first.map { "first      \($0)" } ?? "first      nothing: all is well"
    }

    private typealias Rule = @Sendable (JSONValue) -> String?

    /// In the order in which they matter: what loses readings, what stops them, what will.
    private static let rules: [Rule] = [
        { $0.text("storage", "pressure") == "no-records" ? "make room on the disk: devices keep their records" : nil },
        { status in
            guard status.text("forwarding", "state") == "blocked" else { return nil }
            return "forwarding is blocked (\(status.text("forwarding", "reason"))): docs/cli.md says what to do"
        },
        { status in
            let ended = status.list("certificates").contains { ($0["end_ms"]?.integerValue ?? .max) < now }
            return ended ? "a certificate has ended: `corhub enroll status` says why it was not renewed" : nil
        },
        { status in
            status["configuration"]?["fault"]?.stringValue.map {
                "the configuration is broken and an older one is used: \($0)"
            }
        },
        { status in
            guard status.list("links").contains(where: { $0.text("state") == "refused" }) else { return nil }
            return "a device is refused; the reason stands below"
        },
        { status in
            guard status.list("links").contains(where: { $0.text("state") == "unclaimed" }) else { return nil }
            return "a device is nobody's: `corhub device register SERIAL`"
        },
        { $0.text("storage", "pressure") == "none" ? nil : "the disk fills: \($0.text("storage", "pressure"))" },
        { status in
            let count = status.text("buffer", "batches_rejected", "count")
            return count == "0" || count == "-" ? nil : "\(count) batches were rejected: `corhub buffer status`"
        },
        { status in
            guard ["waiting", "pausing"].contains(status.text("forwarding", "state")) else { return nil }
            return "the upstream does not take what waits: `corhub doctor` looks why"
        },
        { status in
            (status["configuration"]?.list("waiting") ?? []).isEmpty
                ? nil : "restart the agent: changed settings wait for it"
        },
    ]

    private static var now: Int64 { corhub_realtime_milliseconds() }
}
