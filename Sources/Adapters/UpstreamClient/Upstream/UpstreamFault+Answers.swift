package import HubCore

extension UpstreamFault {
    /// The one table from failures of the connection to the port's faults.
    package init(_ failure: HTTPFailure) {
        self =
            switch failure {
            case .nameNotResolved: .nameNotResolved
            case .refused: .unreachable(reason: "nobody listens there")
            case .connectFailed(let errno): .unreachable(reason: "errno \(errno)")
            case .timedOut(let phase): .timedOut(phase)
            case .tls(let fault): .tls(fault)
            case .connectionLost: .connectionLost
            case .malformed(let reason): .unexpectedAnswer(reason: reason)
            case .tooLarge(let part, let lengthMax):
                .unexpectedAnswer(reason: "\(part.rawValue) of more than \(lengthMax) bytes")
            case .cancelled: .cancelled
            case .ownCredentialUnusable(let reason): .tls(.handshakeFailed(reason: reason))
            }
    }
}

extension SubmissionOutcome {
    /// The one table from answers to outcomes. Nothing but the upstream's own words counts as a refusal: what a
    /// captive portal or a proxy says is a reason to try again.
    init(_ result: Result<HTTPResponse, HTTPFailure>, wallMilliseconds: Int64) {
        switch result {
        case .failure(let failure):
            self = .retry(after: nil, cause: UpstreamFault(failure))
        case .success(let response):
            self = Self(response, wallMilliseconds: wallMilliseconds)
        }
    }

    private init(_ response: HTTPResponse, wallMilliseconds: Int64) {
        switch response.status {
        case 200:
            guard response.isMediaType("application/cose"), !response.body.isEmpty else {
                self = .retry(after: nil, cause: .unexpectedAnswer(reason: "status 200 without a receipt"))
                return
            }
            self = .receipt(response.body)

        case 408, 425, 429, 500...599:
            self = .retry(
                after: response.retryDelay(wallMilliseconds: wallMilliseconds),
                cause: .unavailable(status: response.status))

        case 409:
            guard let error = UpstreamErrorBody(response) else { fallthrough }
            self = .conflict(
                SubmissionConflict(code: error.code, message: error.message, nextSequence: error.nextSequence))

        case 400...499:
            guard let error = UpstreamErrorBody(response) else { fallthrough }
            // Nothing is wrong with the batch: the hub renews its certificate, and then it is taken.
            if error.code == UpstreamErrorBody.certificateExpired {
                self = .retry(after: nil, cause: .tls(.ownCertificateRefused))
                return
            }
            self = .refused(status: response.status, code: error.code, message: error.message)

        default:
            // Redirects, too: following one would carry a batch to a place that nobody configured.
            self = .retry(after: nil, cause: .unexpectedAnswer(reason: "status \(response.status)"))
        }
    }
}

extension HTTPResponse {
    /// Whether Content-Type names this type, with or without parameters.
    func isMediaType(_ name: String) -> Bool {
        guard let type = self["content-type"]?.prefix(while: { $0 != ";" && $0 != " " }) else { return false }
        return type.lowercased() == name
    }

    func retryDelay(wallMilliseconds: Int64) -> Duration? {
        self["retry-after"].flatMap {
            RetryAfter.delay($0, date: self["date"], wallMilliseconds: wallMilliseconds)
        }
    }
}
