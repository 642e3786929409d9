import CORProtocol
import HubCore
import HubStore
import JSONCoding

extension ControlRouter {
    /// The hub's certificates, and how far their renewal is.
    func enrolment() -> JSONValue {
        EnrolmentReport(
            identity: context.identity, storage: context.store.key.protection, renewal: context.services.board.renewal
        ).json
    }

    /// Has the certificates renewed at a person's wish, and notes whose it was.
    func renewCertificates(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        do throws(AgentFault) {
            try await context.services.records.append(
                AuditDraft(
                    .enrolment, actor: AuditActor(component: "control", userID: request.user.map(UInt64.init)),
                    subject: "certificates", outcome: .accepted, time: context.services.clock.now(),
                    detail: "renewal was asked for"))
        } catch {
            throw ControlRefusal(.storage(error.description))
        }
        context.renew()
        return enrolment()
    }
}
