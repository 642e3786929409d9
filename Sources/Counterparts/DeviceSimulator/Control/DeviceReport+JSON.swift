import CORProtocol
package import JSONCoding

extension DeviceReport {
    /// One object: `event`, and what belongs to it.
    package var json: JSONValue {
        switch self {
        case .booted(let counter):
            ["event": "booted", "counter": .integer(Int64(counter))]
        case .runStarted(let cartridge, let artefact, let minutes, let seed):
            [
                "event": "run-started", "cartridge": .string(cartridge), "artefact": .string(artefact.rawValue),
                "minutes": .integer(Int64(minutes)), "seed": .string(String(seed)),
            ]
        case .recordClosed(let sequence, let id, let kind, let truth, let artefact):
            [
                "event": "record-closed", "sequence": .integer(Int64(clamping: sequence)), "id": .string(id.hex),
                "kind": .string(kind.name), "truth": truth.map(JSONValue.number) ?? .null,
                "artefact": artefact.map { .string($0.rawValue) } ?? .null,
            ]
        case .recordOverwritten(let sequence):
            ["event": "record-overwritten", "sequence": .integer(Int64(clamping: sequence))]
        case .acknowledged(let sequence):
            ["event": "acknowledged", "upto": .integer(Int64(clamping: sequence))]
        case .claimed(let hub):
            ["event": "claimed", "hub": .string(hub.text)]
        case .owned(let hub):
            ["event": "owned", "hub": .string(hub.text)]
        case .released:
            ["event": "released"]
        case .clockSet(let wallMilliseconds, let before):
            [
                "event": "clock-set", "ms": .integer(wallMilliseconds),
                "before": before.map(JSONValue.integer) ?? .null,
            ]
        case .live(let isOn):
            ["event": "live", "on": .bool(isOn)]
        case .identify(let seconds):
            ["event": "identify", "seconds": .integer(Int64(seconds))]
        case .selfTest(let passed):
            ["event": "self-test", "pass": .bool(passed)]
        case .imageUploaded(let version, let length, let digestMatches, let receivedCount):
            [
                "event": "image-uploaded", "version": .string(version), "length": .integer(Int64(length)),
                "match": digestMatches.map(JSONValue.bool) ?? .null, "received": .integer(Int64(receivedCount)),
            ]
        case .imageMarked:
            ["event": "image-marked"]
        case .imageSwapped(let version):
            ["event": "image-swapped", "version": .string(version)]
        case .imageReverted(let version):
            ["event": "image-reverted", "version": .string(version)]
        case .imageRefused:
            ["event": "image-refused"]
        case .inRecovery:
            ["event": "in-recovery"]
        case .restarting:
            ["event": "restarting"]
        case .faultStruck(let fault):
            ["event": "fault-struck", "fault": .string(fault.rawValue)]
        case .requestIgnored(let reason):
            ["event": "request-ignored", "reason": .string(reason)]
        case .commandRefused(let reason):
            ["event": "command-refused", "reason": .string(reason)]
        case .storageFailed(let reason):
            ["event": "storage-failed", "reason": .string(reason)]
        }
    }
}
