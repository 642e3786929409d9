import CORProtocol
import ESTProtocol
import FoundationEssentials
import Hummingbird
import JSONCoding

/// EST (RFC 7030): certificates of the authority, first and following certificates of hubs; and what a hub has to know
/// beside certificates.
extension Routes {
    /// A request in base64 with line breaks.
    private static let requestTextLengthMax = CertificationRequest.lengthMax * 2
    /// How long whoever waits for an operator is asked to wait before asking again.
    static let releaseRetrySeconds = 30

    var enrolment: [Endpoint] {
        [
            Endpoint(method: .get, path: ESTPath.authorityCertificates, access: .open) {
                (_, _) throws(APIFailure) in try authorityCertificates()
            },
            Endpoint(method: .post, path: ESTPath.enrol, access: .token) { (request, _) throws(APIFailure) in
                try await enrol(request)
            },
            certifying(ESTPath.reenrol, access: .hubInGrace) { (_, request, hub) throws(EnrolmentRefusal) in
                try await desk.reenrol(request, by: hub)
            },
            certifying(ESTPath.enrolSigning, access: .hub) { (_, request, hub) throws(EnrolmentRefusal) in
                try await desk.enrolSigning(request, by: hub)
            },
            certifying(ESTPath.reenrolSigning, access: .hub) { (fields, request, hub) throws(EnrolmentRefusal) in
                try await desk.reenrolSigning(request, by: hub, proof: Self.rotationProof(in: fields))
            },
            Endpoint(method: .get, path: "/v1/profile", access: .hub) { (_, context) throws(APIFailure) in
                try profile(context)
            },
        ]
    }

    private func certifying(
        _ path: String, access: Endpoint.Access,
        _ certify:
            @escaping @Sendable (HTTPFields, CertificationRequest, HubCertificate) async throws(EnrolmentRefusal)
            -> Certification
    ) -> Endpoint {
        Endpoint(method: .post, path: path, access: access) { (request, context) throws(APIFailure) in
            guard let certificate = context.caller.hubCertificate else { throw .forbidden }
            let certification = try await Self.certificationRequest(request)
            let outcome: Certification
            do throws(EnrolmentRefusal) {
                outcome = try await certify(request.headers, certification, certificate)
            } catch {
                throw APIFailure(error)
            }
            return try Self.response(outcome)
        }
    }

    private func authorityCertificates() throws(APIFailure) -> Response {
        let published: [[UInt8]]
        do throws(CertificateFault) {
            published = try desk.folder.publishedAuthorities(at: Date(milliseconds: clock()))
        } catch {
            throw .internalFailure
        }
        return try Self.certificates(published)
    }

    /// Notes the tries (of guesses no more than `NoteAllowance` lets through), because whoever has no certificate has no name by which the gate could.
    private func enrol(_ request: Request) async throws(APIFailure) -> Response {
        guard let credential = BasicCredential(request.headers[.authorization]), let hub = HubID(credential.user) else {
            throw .tokenRefused(.tokenUnknown)
        }
        let token = EnrolmentToken(text: credential.password)
        let certification = try await Self.certificationRequest(request)
        let outcome: Result<Certification, EnrolmentRefusal>
        do throws(EnrolmentRefusal) {
            outcome = .success(try await desk.enrol(certification, hub: hub, token: token))
        } catch {
            outcome = .failure(error)
        }
        let response: Response
        do {
            response = try Self.response(try outcome.get())
        } catch let refusal as EnrolmentRefusal {
            response = APIFailure(refusal).response
        } catch {
            response = APIFailure.internalFailure.response
        }
        try await note(outcome, hub: hub, token: token, status: response.status.code)
        return response
    }

    private func note(
        _ outcome: Result<Certification, EnrolmentRefusal>, hub: HubID, token: EnrolmentToken, status: Int
    ) async throws(APIFailure) {
        if case .failure(.tokenUnknown) = outcome, !unknownTokenNotes.take(at: clock()) { return }
        do throws(LedgerFailure) {
            let code = if case .failure(let refusal) = outcome { " \(refusal.code)" } else { "" }
            try await ledger.noteAccess(
                caller: "token \(token.id) for \(hub.text)", request: "POST \(ESTPath.enrol)\(code)", status: status)
            if case .failure(.tokenUsed(let time)) = outcome {
                try await ledger.raise(
                    Alarm(
                        kind: .tokenReused,
                        detail: "token \(token.id), used at \(UTCText.of(time)), came again for another key"),
                    of: hub)
            }
        } catch {
            throw APIFailure(error)
        }
    }

    private func profile(_ context: UpstreamRequestContext) throws(APIFailure) -> Response {
        guard case .hub(let hub, _) = context.caller else { throw .forbidden }
        do throws(CertificateFault) {
            return .json([
                "hub": .string(hub.text), "environment": .string(desk.folder.settings.environment),
                "receipt_certificate": .string(try desk.folder.receiptCertificate.pemText()),
            ])
        } catch {
            throw .internalFailure
        }
    }

    private static func certificationRequest(_ request: Request) async throws(APIFailure) -> CertificationRequest {
        let body = try await body(of: request, type: ESTPath.requestType, lengthMax: requestTextLengthMax)
        do {
            let der = try ESTBase64.bytes(of: body, lengthMax: CertificationRequest.lengthMax)
            return try CertificationRequest(der)
        } catch {
            throw APIFailure(.badRequest, "request-refused", "\(error)")
        }
    }

    private static func rotationProof(in fields: HTTPFields) -> [UInt8]? {
        guard let name = HTTPFields.Element.Name(RotationProof.field), let text = fields[name],
            let data = Data(base64Encoded: text), data.count <= RotationProof.lengthMax
        else { return nil }
        return Array(data)
    }

    private static func response(_ certification: Certification) throws(APIFailure) -> Response {
        switch certification {
        case .issued(let der):
            return try certificates([der])
        case .pending:
            // RFC 7030 §4.2.3.
            var response = Response(status: .accepted)
            response.headers[.retryAfter] = "\(releaseRetrySeconds)"
            return response
        }
    }

    private static func certificates(_ der: [[UInt8]]) throws(APIFailure) -> Response {
        do {
            let text = ESTBase64.text(of: try CertsOnlyMessage(certificates: der).encoded())
            var fields: HTTPFields = [.contentType: ESTPath.certificatesTypeSent, .cacheControl: "no-store"]
            if let name = HTTPFields.Element.Name(ESTPath.encodingField) { fields[name] = ESTPath.encoding }
            return Response(status: .ok, headers: fields, body: .init(byteBuffer: .init(string: text)))
        } catch {
            throw .internalFailure
        }
    }
}
