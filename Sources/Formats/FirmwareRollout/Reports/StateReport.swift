package import CORProtocol
package import MCUbootImage

/// What came of a rollout on one device, as a hub tells upstream: firmware-specs/rollouts.md, section 6.
package struct StateReport: Sendable, Hashable {
    package enum End: String, Sendable, Hashable, CaseIterable {
        case confirmed
        case reverted
        /// For good.
        case failed
        case transient
        case cancelled

        package var isAttempt: Bool { self == .confirmed || isFailure }
        package var isFailure: Bool { self == .reverted || self == .failed }
    }

    /// The type of the firmware event that holds a report.
    package static let eventType = "rollout-report"
    private static let format = "corhub-report/1"
    private static let reasonLength = 1...64
    private static let noReason = "none"

    package let rollout: String
    package let version: ImageVersion
    package let end: End
    /// 1 to 64 of a-z, 0-9 and -.
    package let reason: String

    /// - Parameter reason: what is none of the allowed characters becomes a hyphen; longer text is cut.
    package init(rollout: String, version: ImageVersion, end: End, reason: String) {
        self.rollout = rollout
        self.version = version
        self.end = end
        let plain = reason.lowercased().utf8.prefix(Self.reasonLength.upperBound).map { byte in
            Self.isReasonByte(byte) ? byte : UInt8(ascii: "-")
        }
        self.reason = plain.isEmpty ? Self.noReason : String(decoding: plain, as: UTF8.self)
    }

    /// nil for any text that is no report.
    package init?(parsing text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 5, words[0] == Self.format, FirmwareNames.isRollout(words[1]),
            let version = ImageVersion(words[2]), version.description == words[2], let end = End(rawValue: words[3]),
            Self.reasonLength.contains(words[4].utf8.count), words[4].utf8.allSatisfy({ Self.isReasonByte($0) })
        else { return nil }
        self.init(rollout: words[1], version: version, end: end, reason: words[4])
    }

    /// nil for an event of another kind.
    package init?(_ event: FirmwareEvent) {
        guard event.type == Self.eventType else { return nil }
        self.init(parsing: event.detail)
    }

    package var text: String { "\(Self.format) \(rollout) \(version) \(end.rawValue) \(reason)" }

    /// - Parameter evidence: the device's state report; without it the report counts for nothing.
    package func event(
        of device: DeviceSerial, at time: TimeBlock, evidence: DeviceEvidence? = nil
    ) -> FirmwareEvent {
        FirmwareEvent(serial: device, type: Self.eventType, time: time, detail: text, evidence: evidence)
    }

    private static func isReasonByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
    }
}
