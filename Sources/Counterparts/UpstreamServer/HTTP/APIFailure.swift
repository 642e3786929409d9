import CORProtocol
import Hummingbird
import JSONCoding
import NIOCore

/// An answer that is no success: a status, a code for programs, a message for people.
///
/// The body is {"error": {"code", "message"}}, with "next_sequence" beside them when the sender's place is in question.
struct APIFailure: HTTPResponseError {
    var status: HTTPResponse.Status
    var code: String
    var message: String
    var nextSequence: UInt64?
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    func response(from request: Request, context: some RequestContext) -> Response {
        response
    }

    var response: Response {
        var error: [JSONMember] = [
            .init(name: "code", value: .string(code)), .init(name: "message", value: .string(message)),
        ]
        if let nextSequence { error.append(.init(name: "next_sequence", value: .integer(nextSequence))) }
        return .json(["error": .object(error)], status: status, headers: headers)
    }
}

extension APIFailure {
    static let notFound = APIFailure(.notFound, "not-found", "there is nothing here")
    static let certificateMissing = APIFailure(
        .unauthorized, "certificate-required", "a client certificate is required")
    static let forbidden = APIFailure(.forbidden, "forbidden", "this certificate does not reach this")

    static let certificateExpired = APIFailure(
        .forbidden, "certificate-expired", "this certificate has expired: it is good for renewing only")

    static let certificateEnded = APIFailure(
        .forbidden, "certificate-ended", "this certificate ended too long ago to be renewed: a new token is needed")

    static func tooLarge(_ lengthMax: Int) -> APIFailure {
        APIFailure(.contentTooLarge, "too-large", "the body may have \(lengthMax) bytes")
    }

    static let internalFailure = APIFailure(.internalServerError, "internal", "the upstream failed")

    static func tokenRefused(_ refusal: EnrolmentRefusal) -> APIFailure {
        var failure = APIFailure(.unauthorized, refusal.code, refusal.description)
        failure.headers[.wwwAuthenticate] = "Basic realm=\"corhub-upstream\", charset=\"UTF-8\""
        return failure
    }

    static var unavailable: APIFailure {
        var failure = APIFailure(.serviceUnavailable, "unavailable", "the upstream cannot store at the moment")
        failure.headers[.retryAfter] = "60"
        return failure
    }

    static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> APIFailure {
        let methods = allowed.map(\.rawValue).joined(separator: ", ")
        var failure = APIFailure(.methodNotAllowed, "method-not-allowed", "allowed: \(methods)")
        failure.headers[.allow] = methods
        return failure
    }

    init(_ conflict: LedgerConflict) {
        self.init(.conflict, conflict.code, conflict.message)
        nextSequence = conflict.nextSequence
    }

    init(_ refusal: BatchReceptionRefusal) {
        switch refusal {
        case .malformed(.tooLong): self = .tooLarge(CORLimits.signedBatchLengthMax)
        case .malformed(let reason): self.init(.badRequest, "malformed-batch", "not a signed batch: \(reason)")
        case .wrongHub: self.init(.forbidden, "wrong-hub", "the batch is not of the hub that the certificate names")
        case .signature(let reason): self.init(.forbidden, "signature-refused", reason)
        case .ledger(let failure): self.init(failure)
        }
    }

    init(_ failure: LedgerFailure) {
        switch failure {
        case .storage, .faulted: self = .unavailable
        case .signing, .damaged: self = .internalFailure
        }
    }

    init(_ refusal: EnrolmentRefusal) {
        switch refusal {
        case .tokenUnknown, .tokenExpired, .tokenRevoked, .tokenUsed: self = .tokenRefused(refusal)
        case .request: self.init(.badRequest, refusal.code, refusal.description)
        case .rotationUnproven, .certificateBarred: self.init(.forbidden, refusal.code, refusal.description)
        case .storage: self = .unavailable
        }
    }
}

extension Response {
    static func json(
        _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: value.serialized())))
    }

    static func cose(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/cose", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
