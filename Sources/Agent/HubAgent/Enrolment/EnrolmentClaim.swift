import CORProtocol
import HubCore
import KeyStore

/// Who the hub is to be, by what secret, and how it knows its upstream: out of the token, or beside it.
struct EnrolmentClaim {
    let hub: HubID
    let secret: String
    let authorityFile: String?
    let fingerprint: [UInt8]?

    init(_ wish: HubEnrolment.Wish) throws(EnrolmentFault) {
        guard !wish.token.isEmpty else { throw EnrolmentFault(code: "token", "the token is empty", .usage) }
        let given = try wish.fingerprint.map { (text) throws(EnrolmentFault) -> [UInt8] in
            guard let bytes = Fingerprint.bytes(of: text) else {
                throw EnrolmentFault(
                    code: "ca-fingerprint", "\"\(text)\" is no SHA-256 in hexadecimal: 64 digits", .usage)
            }
            return bytes
        }
        authorityFile = wish.authorityFile
        if let token = ClaimToken(text: wish.token) {
            guard wish.hub == nil || wish.hub == token.hub.text else {
                throw EnrolmentFault(code: "hub", "the token is for \(token.hub.text)", .usage)
            }
            guard given == nil || given == token.authority.bytes else {
                throw EnrolmentFault(code: "ca-fingerprint", "the token names another authority", .usage)
            }
            hub = token.hub
            secret = token.secret
            fingerprint = token.authority.bytes
            return
        }
        guard let name = wish.hub else {
            throw EnrolmentFault(
                code: "token", "the token is not of the form HUB.SECRET.AUTHORITY; a bare secret needs --hub", .usage)
        }
        guard let hub = HubID(name) else {
            throw EnrolmentFault(code: "hub-id", "\"\(name)\" is not a hub id: 4 to 64 of a-z, 0-9 and hyphens", .usage)
        }
        self.hub = hub
        secret = wish.token
        fingerprint = given
    }
}
