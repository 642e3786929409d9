package import CORProtocol
package import MCUbootImage
package import SMPProtocol

/// One thing that an update does on the device. Each can be done again without harm: what it came to is read from the device.
package enum FirmwareStep: Sendable, Hashable {
    /// Which images there are, who the device is, how often it has booted.
    case inspect
    case upload(VerifiedImage)
    /// The boot loader tries this image once at the next start.
    case mark(imageHash: SHA256Hash)
    case restart
    /// Self-test, and reading of a record.
    case prove
    /// What runs stays.
    case confirm

    package var name: String {
        switch self {
        case .inspect: "inspect"
        case .upload: "upload"
        case .mark: "mark"
        case .restart: "restart"
        case .prove: "prove"
        case .confirm: "confirm"
        }
    }
}

/// A step as the update asks for it: the image is not in its hands.
package enum FirmwareAction: Sendable, Hashable {
    case inspect
    /// Judge the offer's file once more, and send it.
    case upload
    case mark(imageHash: SHA256Hash)
    case restart
    case prove
    case confirm
}

/// What a step found.
package enum FirmwareStepResult: Sendable, Hashable {
    case inspected(FirmwareInspection)
    /// Everything is on the device.
    ///
    /// - Parameter sentTwice: bytes that went over the link more than once.
    case uploaded(resumedOffset: Int, sentTwice: Int)
    case marked
    /// It was asked for; whether it has happened shows when the device comes back.
    case restarting
    case proven(FirmwareProof)
    case confirmed
}

/// The device's images as image management lists them, and who it says it is.
package struct FirmwareInspection: Sendable, Hashable {
    package var slots: [ImageSlot]
    /// Nil where the device has no group 64.
    package var identity: IdentityResponse?
    /// What the device signed of the same.
    package var report: StateReportCheck.Finding

    package init(
        slots: [ImageSlot], identity: IdentityResponse?, report: StateReportCheck.Finding = .notAsked
    ) {
        self.slots = slots
        self.identity = identity
        self.report = report
    }

    /// What runs.
    package var active: ImageSlot? { slots.first { $0.image == 0 && $0.isActive } }
    package var other: ImageSlot? { slots.first { $0.image == 0 && !$0.isActive } }

    func activeIs(_ hash: SHA256Hash) -> Bool { active?.hash == hash.bytes }
    func otherIs(_ hash: SHA256Hash) -> Bool { other?.hash == hash.bytes }
}

/// What the new image showed of itself.
package struct FirmwareProof: Sendable, Hashable {
    package var selfTestPassed: Bool
    /// Its list of records, and where there is one, a piece of the oldest, could be read.
    package var recordsRead: Bool

    package init(selfTestPassed: Bool, recordsRead: Bool) {
        self.selfTestPassed = selfTestPassed
        self.recordsRead = recordsRead
    }
}

/// Why a step came to nothing.
package enum FirmwareStepFailure: Error, Sendable, Hashable {
    /// The link is gone, or nobody answers: whether the device did it is uncertain.
    case unanswered
    /// It is busy, with a measurement or for want of memory.
    case busy
    /// The device refused.
    ///
    /// - Parameter isPermanent: it would refuse the same again.
    case refused(code: String, isPermanent: Bool)
    /// The file is no longer here.
    case fileMissing
    /// The file is not what was offered any more, or not one for this device.
    case fileRefused(code: String)
    /// What it answers cannot be read.
    case malformed

    package var code: String {
        switch self {
        case .unanswered: "unanswered"
        case .busy: "busy"
        case .refused(let code, _): code
        case .fileMissing: "file-missing"
        case .fileRefused(let code): code
        case .malformed: "malformed-answer"
        }
    }
}

extension VerifiedImage: Hashable {
    package static func == (one: VerifiedImage, other: VerifiedImage) -> Bool { one.fileHash == other.fileHash }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(fileHash)
    }
}
