import CORProtocol
import Hummingbird
import JSONCoding
import NIOCore

/// Every endpoint of the upstream. openapi.yaml describes the same; a test compares them.
struct Routes: Sendable {
    let desk: EnrolmentDesk
    let receiver: BatchReceiver
    let ledger: LedgerDatabase
    let registry: DeviceRegistry
    let evidence: DeviceEvidenceInspector
    let clock: UpstreamClock
    let unknownTokenNotes = NoteAllowance()

    var endpoints: [Endpoint] {
        [
            Endpoint(method: .get, path: "/healthz", access: .open) { (_, _) throws(APIFailure) in try await health() },
            Endpoint(method: .post, path: "/v1/batches", access: .hub) { (request, context) throws(APIFailure) in
                try await receive(request, context)
            },
        ] + enrolment + deviceChanges + reads
    }

    private func health() async throws(APIFailure) -> Response {
        guard await ledger.isHealthy else { throw .unavailable }
        return .json(["status": "ok"])
    }

    private func receive(_ request: Request, _ context: UpstreamRequestContext) async throws(APIFailure) -> Response {
        guard case .hub(let hub, _) = context.caller else { throw .forbidden }
        let body = try await Self.body(
            of: request, type: "application/cose", lengthMax: CORLimits.signedBatchLengthMax)
        do throws(BatchReceptionRefusal) {
            switch try await receiver.receive(body, from: hub) {
            case .receipt(let bytes): return .cose(bytes)
            case .conflict(let conflict): return APIFailure(conflict).response
            }
        } catch {
            throw APIFailure(error)
        }
    }

    /// The body of a request with the right content type, read no further than allowed.
    static func body(of request: Request, type: String, lengthMax: Int) async throws(APIFailure) -> [UInt8] {
        let found = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard found?.filter({ $0 != " " }) == type else {
            throw APIFailure(.unsupportedMediaType, "unsupported-media-type", "content type \(type) expected")
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > lengthMax {
            throw .tooLarge(lengthMax)
        }
        do {
            let buffer = try await request.body.collect(upTo: lengthMax)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw .tooLarge(lengthMax)
        } catch {
            throw APIFailure(.badRequest, "body-incomplete", "the body did not arrive whole")
        }
    }
}
