import CORProtocol
import Hummingbird

/// Stands before every endpoint: finds out who asks, lets through who may, and notes every read.
struct Gate: Sendable {
    let desk: EnrolmentDesk
    let ledger: LedgerDatabase
    let clock: UpstreamClock
    /// How long behind its end a hub's certificate may be renewed.
    let grace: Duration

    func respond(
        to request: Request, _ context: UpstreamRequestContext, by endpoint: Endpoint
    ) async throws(APIFailure) -> Response {
        var context = context
        context.caller = try await Caller(of: context.channel, desk: desk, at: clock(), grace: grace)
        let response: Response
        do throws(APIFailure) {
            try check(context.caller, may: endpoint.access, hub: context.parameter("hub"))
            response = try await endpoint.answer(request, context)
        } catch {
            response = error.response
        }
        if isNoted(endpoint, context.caller, response.status) {
            do throws(LedgerFailure) {
                try await ledger.noteAccess(
                    caller: context.caller.description, request: "\(request.method.rawValue) \(request.uri.string)",
                    status: response.status.code)
            } catch {
                throw APIFailure(error)  // What cannot be noted is not shown.
            }
        }
        return response
    }

    private func check(_ caller: Caller, may access: Endpoint.Access, hub: String) throws(APIFailure) {
        switch (access, caller) {
        case (.open, _), (.token, _), (.hub, .hub), (.operator, .operator), (.operatorOrOwnHub, .operator): return
        case (.hubInGrace, .hub), (.hubInGrace, .hubInGrace): return
        case (.operatorOrOwnHub, .hub(let own, _)) where own.text == hub: return
        case (.hub, .anonymous), (.hubInGrace, .anonymous), (.operator, .anonymous), (.operatorOrOwnHub, .anonymous):
            throw .certificateMissing
        case (.hub, .hubInGrace), (.operatorOrOwnHub, .hubInGrace): throw .certificateExpired
        case (_, .hubEnded): throw .certificateEnded
        case (.hub, _), (.hubInGrace, _), (.operator, _), (.operatorOrOwnHub, _): throw .forbidden
        }
    }

    /// Every read, every request for a certificate, and everything that a certificate was refused. Who has no certificate has
    /// no name to note; what is done by a token is noted where it is judged.
    private func isNoted(_ endpoint: Endpoint, _ caller: Caller, _ status: HTTPResponse.Status) -> Bool {
        guard caller != .anonymous, endpoint.access != .open else { return false }
        return endpoint.method == .get || endpoint.isCertifying || status == .forbidden
    }
}

/// Answers what no endpoint answers, in the one shape of errors.
struct FailureMiddleware: RouterMiddleware {
    let endpoints: [Endpoint]

    func handle(
        _ request: Request, context: UpstreamRequestContext,
        next: (Request, UpstreamRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let failure as APIFailure {
            return failure.response
        } catch let error as HTTPError where error.status == .notFound {
            let others = endpoints.filter { $0.matches(path: request.uri.path) }.map(\.method)
            return (others.isEmpty ? APIFailure.notFound : .methodNotAllowed(others)).response
        } catch {
            return APIFailure.internalFailure.response
        }
    }
}
