import HubCore
import Testing

@testable import UpstreamClient

@Suite("What an answer means for a batch")
struct SubmissionOutcomeTests {
    func outcome(
        _ status: Int, _ body: String = "", type: String = "application/json", _ fields: HTTPField...
    ) -> SubmissionOutcome {
        let response = HTTPResponse(
            status: status, fields: [HTTPField("Content-Type", type)] + fields, body: Array(body.utf8))
        return SubmissionOutcome(.success(response), wallMilliseconds: 0)
    }

    let error = #"{"error":{"code":"some-code","message":"Some message","next_sequence":7}}"#

    @Test("200 with a COSE body is a receipt")
    func receipt() {
        #expect(outcome(200, "cose", type: "application/cose") == .receipt(Array("cose".utf8)))
        #expect(outcome(200, "cose", type: "Application/COSE; x=y") == .receipt(Array("cose".utf8)))
    }

    @Test("A captive portal's 200 is no receipt")
    func portal() {
        let refusal = SubmissionOutcome.retry(
            after: nil, cause: .unexpectedAnswer(reason: "status 200 without a receipt"))
        #expect(outcome(200, "<html>", type: "text/html") == refusal)
        #expect(outcome(200, "", type: "application/cose") == refusal)
    }

    @Test("A redirect is not followed", arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) {
        #expect(
            outcome(status, "", type: "text/html", HTTPField("Location", "https://elsewhere.example"))
                == .retry(after: nil, cause: .unexpectedAnswer(reason: "status \(status)")))
    }

    @Test("409 in the upstream's words is a conflict with the sequence it expects")
    func conflict() {
        #expect(
            outcome(409, error)
                == .conflict(SubmissionConflict(code: "some-code", message: "Some message", nextSequence: 7)))
        #expect(
            outcome(409, #"{"error":{"code":"c","message":"m"}}"#)
                == .conflict(SubmissionConflict(code: "c", message: "m", nextSequence: nil)))
    }

    @Test("4xx in the upstream's words is a refusal", arguments: [400, 401, 403, 404, 413, 415, 422])
    func refused(status: Int) {
        #expect(outcome(status, error) == .refused(status: status, code: "some-code", message: "Some message"))
    }

    @Test(
        "4xx in anyone else's words is a reason to try again",
        arguments: ["", "<html>", "{}", #"{"error":"x"}"#, #"{"error":{"code":1,"message":"m"}}"#, "[[["])
    func proxy(body: String) {
        for status in [400, 403, 407, 409] {
            #expect(
                outcome(status, body) == .retry(after: nil, cause: .unexpectedAnswer(reason: "status \(status)")))
        }
    }

    @Test("An upstream that is not available says when to come again", arguments: [408, 425, 429, 500, 502, 503, 599])
    func unavailable(status: Int) {
        #expect(outcome(status, error) == .retry(after: nil, cause: .unavailable(status: status)))
        #expect(
            outcome(status, "", type: "text/plain", HTTPField("retry-after", "17"))
                == .retry(after: .seconds(17), cause: .unavailable(status: status)))
    }

    @Test("What the upstream writes cannot act on a terminal, and is cut to its limit")
    func untrustedText() {
        let long = String(repeating: "x", count: 1000)
        #expect(
            outcome(400, #"{"error":{"code":"a\u001b[2J\né","message":"\#(long)"}}"#)
                == .refused(status: 400, code: "a?[2J???", message: String(repeating: "x", count: 256)))
    }

    @Test("Each failure of the connection is a reason to try again")
    func failures() {
        let cases: [(HTTPFailure, UpstreamFault)] = [
            (.nameNotResolved, .nameNotResolved),
            (.refused, .unreachable(reason: "nobody listens there")),
            (.connectFailed(errno: 113), .unreachable(reason: "errno 113")),
            (.timedOut(.tls), .timedOut(.tls)),
            (.tls(.peerNotTrusted), .tls(.peerNotTrusted)),
            (.connectionLost, .connectionLost),
            (.malformed(reason: "r"), .unexpectedAnswer(reason: "r")),
            (.tooLarge(.body, lengthMax: 9), .unexpectedAnswer(reason: "body of more than 9 bytes")),
            (.cancelled, .cancelled),
        ]
        for (failure, cause) in cases {
            #expect(SubmissionOutcome(.failure(failure), wallMilliseconds: 0) == .retry(after: nil, cause: cause))
        }
    }
}
