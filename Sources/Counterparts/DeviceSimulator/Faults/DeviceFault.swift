/// A way in which the virtual device misbehaves on request.
///
/// Each is one lie or one weakness that a hub must survive; the raw value is its name on the command line.
package enum DeviceFault: String, Sendable, Hashable, CaseIterable {
    /// The list announces one byte more than the record has.
    case wrongLength = "wrong-length"
    /// The list announces another hash than the record's.
    case wrongHash = "wrong-hash"
    /// The record that is closed next carries a signature that does not verify.
    case wrongSignature = "wrong-signature"
    /// The sequence starts at 1 again, as if the counter had been lost; the list no longer honours "from".
    case sequenceBack = "sequence-back"
    /// The list names its first record twice.
    case duplicateRecord = "duplicate-record"
    /// The run that is closed next is stored a second time under a sequence of its own.
    case repeatedRun = "repeated-run"
    /// The list says "more" for ever.
    case endlessList = "endless-list"
    /// A record read ends after half of the announced length.
    case truncatedRecord = "truncated-record"
    /// A record read answers with another offset than the one asked for.
    case wrongOffset = "wrong-offset"

    /// The answer comes when nobody waits any more.
    case lateAnswer = "late-answer"
    /// The answer is lost.
    case droppedAnswer = "dropped-answer"
    /// The answer comes twice.
    case duplicateAnswer = "duplicate-answer"
    /// Every answer takes this many milliseconds.
    case slowAnswer = "slow-answer"
    /// The answer's payload is no CBOR.
    case garbageAnswer = "garbage-answer"
    /// The answer's header announces more bytes than follow.
    case wrongMessageLength = "wrong-message-length"
    /// Events pour in after every answer.
    case endlessEvents = "endless-events"

    /// The certificate comes from an authority that nobody trusts.
    case badCertificate = "bad-certificate"
    /// The certificate is sound and names another serial.
    case otherSerial = "other-serial"
    /// The device shows no certificate.
    case noCertificate = "no-certificate"
    /// The attestation's signature does not verify.
    case badAttestation = "bad-attestation"
    /// The attestation is over a nonce of zeros, as a replay would be.
    case staleNonce = "stale-nonce"
    /// The state report's signature does not verify.
    case badState = "bad-state"
    /// The first state report is shown again.
    case replayedState = "replayed-state"
    /// The state report names another image than the one that runs.
    case otherImageState = "other-image-state"

    /// The device restarts once the upload has passed this many bytes.
    case resetDuringUpload = "reset-during-upload"
    /// A restart loses what has arrived of an upload.
    case forgetUpload = "forget-upload"
    /// Each part of an image takes the flash this many milliseconds.
    case slowFlash = "slow-flash"
    /// The battery loses one per cent for this many bytes of an image.
    case batteryDrain = "battery-drain"
    /// The power goes in the middle of a swap.
    case cutDuringSwap = "cut-during-swap"
    /// An image on trial fails its self-test.
    case trialSelfTest = "trial-self-test"
    /// An image on trial restarts by itself after this many seconds.
    case trialCrash = "trial-crash"
    /// The wall clock stands this many seconds ahead of what the hub set.
    case clockJump = "clock-jump"

    /// What the number after the name means.
    package enum Argument: Sendable, Hashable {
        /// How often the fault strikes; without a number, for ever.
        case count
        /// A quantity with a default; the fault lasts until it is cleared, or strikes once where its nature says so.
        case quantity(default: Int)
    }

    package var argument: Argument {
        switch self {
        case .slowAnswer: .quantity(default: 1_000)
        case .resetDuringUpload: .quantity(default: 65_536)
        case .clockJump: .quantity(default: 86_400)
        case .slowFlash: .quantity(default: 20)
        case .batteryDrain: .quantity(default: 16_384)
        case .trialCrash: .quantity(default: 5)
        case .wrongLength, .wrongHash, .wrongSignature, .sequenceBack, .duplicateRecord, .repeatedRun, .endlessList,
            .truncatedRecord, .wrongOffset, .lateAnswer, .droppedAnswer, .duplicateAnswer, .garbageAnswer,
            .wrongMessageLength, .endlessEvents, .badCertificate, .otherSerial, .noCertificate, .badAttestation,
            .staleNonce, .badState, .replayedState, .otherImageState, .forgetUpload, .cutDuringSwap, .trialSelfTest:
            .count
        }
    }
}
