package import CORProtocol

/// What the hub has seen of a device in a session, for `device list` and `device show`.
package struct DeviceObservation: Sendable, Equatable {
    package var identity: IdentityResponse
    package var trust: DeviceTrustLevel
    package var certificateThumbprint: SHA256Hash?
    package var link: LinkKind
    package var address: String
    package var seen: TimeBlock
    package var status: StatusResponse?
    package var clockOffsetMilliseconds: Int64?

    package init(
        identity: IdentityResponse, trust: DeviceTrustLevel, certificateThumbprint: SHA256Hash?, link: LinkKind,
        address: String, seen: TimeBlock, status: StatusResponse?, clockOffsetMilliseconds: Int64?
    ) {
        self.identity = identity
        self.trust = trust
        self.certificateThumbprint = certificateThumbprint
        self.link = link
        self.address = address
        self.seen = seen
        self.status = status
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
    }
}
