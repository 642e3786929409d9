/// What is between the hub and its upstream.
extension DoctorDiagnosis {
    static func names(
        _ addresses: [String], _ enrolment: DoctorFacts.Enrolment?
    ) -> [DoctorFinding] {
        let host = if case .enrolled(let host)? = enrolment { host } else { "the upstream" }
        guard !addresses.isEmpty else {
            return [
                DoctorFinding(
                    .names, "dns-failed", .problem, "\(host) has no address",
                    remedy: "look at the network and its DNS server (`resolvectl status`, /etc/resolv.conf)")
            ]
        }
        guard host != "localhost", addresses.allSatisfy(isNowhere) else { return [] }
        return [
            DoctorFinding(
                .names, "dns-wrong", .problem,
                "the DNS server says that \(host) is at \(addresses.joined(separator: ", "))",
                remedy: "it lies or filters: use another DNS server, or have the name allowed")
        ]
    }

    /// An address that leads to this machine, or to none: RFC 6890.
    private static func isNowhere(_ address: String) -> Bool {
        address.hasPrefix("127.") || address.hasPrefix("0.") || address == "::" || address == "::1"
    }

    static func upstream(_ probe: DoctorFacts.Probe) -> [DoctorFinding] {
        switch probe {
        case .answered: []
        case .plainHTTP:
            [
                problem(
                    "captive-portal", "something else answers in place of the upstream, without TLS",
                    "a captive portal or a proxy: log in to the network, or have the hub let through")
            ]
        case .refused(let status):
            [
                problem(
                    "upstream-refuses", "the upstream answers with status \(status)",
                    status == 401 || status == 403
                        ? "the hub may be revoked: ask whoever runs the upstream" : "ask whoever runs the upstream")
            ]
        case .failed(let fault): [failed(fault)]
        }
    }

    private static func failed(_ fault: UpstreamFault) -> DoctorFinding {
        switch fault {
        case .tls(.peerNotTrusted):
            problem(
                "tls-not-trusted", "whoever answers has a certificate of another authority",
                "a captive portal, a proxy that opens TLS, or a clock that is wrong; nothing was sent")
        case .tls(.peerNameMismatch), .tls(.otherRegion):
            problem("tls-wrong-name", "\(fault)", "the address is wrong, or somebody else answers; nothing was sent")
        case .tls(.ownCertificateRefused):
            problem(
                "certificate-refused", "\(fault)", "the hub may be revoked: ask whoever runs the upstream")
        case .tls(.handshakeFailed):
            problem("tls-failed", "\(fault)", "a captive portal or a proxy may be in between; nothing was sent")
        case .nameNotResolved: problem("dns-failed", "\(fault)", "look at the network and its DNS server")
        case .unreachable, .timedOut, .connectionLost, .cancelled:
            problem("upstream-unreachable", "\(fault)", "look at the network and at firewalls; what waits is kept")
        case .unexpectedAnswer:
            problem("not-upstream", "\(fault)", "a captive portal or a wrong address")
        case .unavailable: problem("upstream-unavailable", "\(fault)", "wait, or ask whoever runs the upstream")
        }
    }

    private static func problem(_ code: String, _ message: String, _ remedy: String) -> DoctorFinding {
        DoctorFinding(.upstream, code, .problem, message, remedy: remedy)
    }
}
