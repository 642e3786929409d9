import CORProtocol
import DeviceSimulator
import HubCore
import MCUbootImage
import SMPProtocol

/// A device as an update meets it: the virtual COR One's slots and boot loader, and what is wrong with it.
struct FleetDevice: Sendable {
    /// What a new image comes to on this device.
    enum Trial: Sendable {
        case works
        case failsSelfTest
        /// It crashes at once; the boot loader brings the one before back.
        case crashes
    }

    let serial: DeviceSerial
    let isOffline: Bool
    let isBad: Bool
    /// How a release that is bad for all shows on this device.
    let badRelease: Trial
    var update: FirmwareUpdate
    private(set) var slots: ImageSlots
    private var bootCounter: UInt32 = 1
    /// Images that have run here, by their hash.
    private(set) var tried: Set<[UInt8]> = []

    init(
        serial: DeviceSerial, isOffline: Bool, isBad: Bool, badRelease: Trial, policy: FirmwarePolicy,
        running: FleetImage
    ) {
        self.serial = serial
        self.isOffline = isOffline
        self.isBad = isBad
        self.badRelease = badRelease
        update = FirmwareUpdate(serial: serial, policy: policy)
        slots = ImageSlots(ImageMemory(primary: ImageSummary(file: running.bytes)), slotLength: 4_096)
    }

    var version: ImageVersion? { ImageVersion(slots.primary.version) }

    /// It runs an image that was confirmed, and not only for a trial.
    var isSettled: Bool { !slots.isInRecovery && slots.memory.isConfirmed && slots.primary.isBootable }

    var status: StatusResponse {
        StatusResponse(
            batteryPercent: 90, hasExternalPower: true, temperatureMillidegrees: 22_000, isRunning: false,
            cartridge: nil, faults: [], pendingCount: 0, newestSequence: 0)
    }

    /// What a step finds.
    ///
    /// - Parameter trial: what the offered image comes to here.
    mutating func perform(
        _ action: FirmwareAction, image: FleetImage, trial: Trial, marksForGood: Bool
    ) -> Result<FirmwareStepResult, FirmwareStepFailure> {
        do {
            switch action {
            case .inspect:
                return .success(.inspected(FirmwareInspection(slots: slots.state.slots, identity: identity)))
            case .upload:
                let first = ImageUploadRequest.First(
                    length: UInt32(image.bytes.count), digest: SHA256Hash.of(image.bytes).bytes)
                _ = try slots.receive(ImageUploadRequest(first: first, offset: 0, data: image.bytes))
                return .success(.uploaded(resumedOffset: 0, sentTwice: 0))
            case .mark(let hash):
                try slots.mark(hash: hash.bytes, confirm: marksForGood)
                return .success(.marked)
            case .restart:
                restart(trial)
                return .success(.restarting)
            case .prove:
                let passes = slots.primary.hash != image.hash || trial == .works
                return .success(.proven(FirmwareProof(selfTestPassed: passes, recordsRead: true)))
            case .confirm:
                try slots.mark(hash: nil, confirm: true)
                return .success(.confirmed)
            }
        } catch {
            return .failure(.refused(code: "\(error)", isPermanent: false))
        }
    }

    private mutating func restart(_ trial: Trial) {
        bootCounter += 1
        if slots.start(inRecovery: false, forgetsUpload: false) == .swapped {
            tried.insert(slots.primary.hash)
            guard trial == .crashes else { return }
            bootCounter += 1
            _ = slots.start(inRecovery: false, forgetsUpload: false)
        }
    }

    private var identity: IdentityResponse {
        IdentityResponse(
            serial: serial, model: FleetImage.model, hardwareRevision: "V1", firmwareVersion: slots.primary.version,
            profileVersion: 1, bootCounter: bootCounter, certificateChain: [], capabilities: [])
    }
}
