package import CORProtocol

extension DeviceReport: CustomStringConvertible {
    /// One line for people.
    package var description: String {
        switch self {
        case .booted(let counter):
            "started, boot \(counter)"
        case .runStarted(let cartridge, let artefact, let minutes, let seed):
            "run of \(minutes) min started: cartridge \(cartridge), artefact \(artefact.rawValue), seed \(seed)"
        case .recordClosed(let sequence, let id, let kind, let truth, let artefact):
            "record \(sequence) closed: \(kind.name)" + Self.origin(truth: truth, artefact: artefact)
                + ", id \(id.hex.prefix(12))"
        case .recordOverwritten(let sequence):
            "record \(sequence) overwritten: the ring is full"
        case .acknowledged(let sequence):
            "acknowledged up to record \(sequence)"
        case .claimed(let hub):
            "\(hub) claims the device: press the button"
        case .owned(let hub):
            "button pressed: owned by \(hub)"
        case .released:
            "released: owned by nobody"
        case .clockSet(let wallMilliseconds, let before):
            "clock set to \(CivilTime(milliseconds: wallMilliseconds).text)Z"
                + (before.map { ", \(wallMilliseconds - $0) ms from before" } ?? ", for the first time")
        case .live(let isOn):
            isOn ? "live samples on" : "live samples off"
        case .identify(let seconds):
            "blinking for \(seconds) s"
        case .selfTest(let passed):
            passed ? "self-test passed" : "self-test failed"
        case .imageUploaded(let version, let length, let digestMatches, _):
            "image \(version) of \(length) bytes uploaded" + (digestMatches == false ? ", with another digest" : "")
        case .imageMarked:
            "image marked"
        case .imageSwapped(let version):
            "the boot loader has put \(version) in place"
        case .imageReverted(let version):
            "not confirmed: the boot loader has put \(version) back"
        case .imageRefused:
            "the boot loader does not accept the marked image, and has erased it"
        case .inRecovery:
            "the boot loader waits for an image"
        case .restarting:
            "restarting"
        case .faultStruck(let fault):
            "fault \(fault.rawValue) struck"
        case .requestIgnored(let reason):
            "request ignored: \(reason)"
        case .commandRefused(let reason):
            "command refused: \(reason)"
        case .storageFailed(let reason):
            "storage failed: \(reason)"
        }
    }

    private static func origin(truth: Double?, artefact: Artefact?) -> String {
        guard let truth, let artefact else { return "" }
        let tenths = Int((truth * 10).rounded())
        return ", drawn at \(tenths / 10).\(tenths % 10) mm/h" + (artefact == .none ? "" : " with \(artefact.rawValue)")
    }
}

extension RecordKind {
    /// As reports name the kind.
    package var name: String {
        switch self {
        case .sedimentationRun: "sedimentation-run"
        case .selfTest: "self-test"
        case .logExcerpt: "log-excerpt"
        }
    }
}
