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
}
