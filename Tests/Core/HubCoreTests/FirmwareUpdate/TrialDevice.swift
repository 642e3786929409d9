import CORProtocol
import HubCore
import SMPProtocol

/// A device as an update finds it: two slots, and a boot loader that swaps, tries, confirms, reverts and erases as MCUboot does.
struct TrialDevice: Sendable {
    enum Behaviour: String, Sendable, CaseIterable {
        case good
        /// The new image fails its self-test.
        case failingSelfTest
        /// The new image restarts once by itself before anybody has looked at it.
        case crashing
        /// The boot loader does not accept the new image.
        case refusing
    }

    static let before = SHA256Hash.of([1])

    let behaviour: Behaviour
    let wanted: SHA256Hash
    var active = TrialDevice.before
    var other: SHA256Hash?
    var isPending = false
    var isConfirmed = true
    var bootCounter: UInt32 = 1
    private var hasCrashed = false

    init(_ behaviour: Behaviour, wanted: SHA256Hash) {
        self.behaviour = behaviour
        self.wanted = wanted
    }

    mutating func boot() {
        bootCounter += 1
        if isPending {
            isPending = false
            guard behaviour != .refusing, let image = other else {
                other = nil
                return
            }
            other = active
            active = image
            isConfirmed = false
            if behaviour == .crashing, !hasCrashed {
                hasCrashed = true
                boot()
            }
        } else if !isConfirmed, let image = other {
            other = active
            active = image
            isConfirmed = true
        }
    }

    mutating func perform(_ action: FirmwareAction) -> Result<FirmwareStepResult, FirmwareStepFailure> {
        switch action {
        case .inspect:
            return .success(.inspected(FirmwareInspection(slots: slots, identity: identity)))
        case .upload:
            guard !isPending, isConfirmed else { return .failure(.refused(code: "no-free-slot", isPermanent: false)) }
            other = wanted
            return .success(.uploaded(resumedOffset: 0, sentTwice: 0))
        case .mark(let hash):
            guard other == hash, isConfirmed else { return .failure(.refused(code: "not-found", isPermanent: false)) }
            isPending = true
            return .success(.marked)
        case .restart:
            boot()
            return .success(.restarting)
        case .prove:
            let passed = active != wanted || behaviour != .failingSelfTest
            return .success(.proven(FirmwareProof(selfTestPassed: passed, recordsRead: true)))
        case .confirm:
            isConfirmed = true
            return .success(.confirmed)
        }
    }

    private var slots: [ImageSlot] {
        func version(_ hash: SHA256Hash) -> String { hash == wanted ? "2.0.0" : "1.0.0" }
        var slots = [
            ImageSlot(
                slot: 0, version: version(active), hash: active.bytes, isConfirmed: isConfirmed, isActive: true)
        ]
        if let other {
            slots.append(
                ImageSlot(
                    slot: 1, version: version(other), hash: other.bytes, isPending: isPending,
                    isConfirmed: !isConfirmed))
        }
        return slots
    }

    private var identity: IdentityResponse {
        IdentityResponse(
            serial: UpdateWorld.serial, model: "COR One", hardwareRevision: "V1",
            firmwareVersion: active == wanted ? "2.0.0" : "1.0.0", profileVersion: 1, bootCounter: bootCounter,
            certificateChain: [], capabilities: [])
    }
}
