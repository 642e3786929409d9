import CORProtocol
import HubCore
import JSONCoding

extension MonitorEvent {
    /// One line of `corhub monitor`. Names and units as in the rest of the control API.
    var json: JSONValue {
        switch self {
        case .deviceConnected(let serial, let link, let address, let trust):
            line(
                serial,
                ["link": .string(link.rawValue), "address": .string(address), "trust": .string(trust.rawValue)])
        case .deviceUnclaimed(let serial, let link, let address, let trust):
            line(
                serial,
                ["link": .string(link.rawValue), "address": .string(address), "trust": .string(trust.rawValue)])
        case .registrationChanged(let serial, let state, let reason):
            line(
                serial,
                ["state": .text(state.map { "\($0)" }), "waits_for": .text(reason)])
        case .deviceRefused(let address, let refusal):
            line(
                nil,
                [
                    "address": .string(address), "reason": .string(refusal.code),
                    "message": .string(refusal.explanation),
                ])
        case .deviceGone(let serial, let address, let reason):
            line(serial, ["address": .string(address), "reason": .string(reason)])
        case .deviceStatus(let serial, let status):
            line(serial, ["status": status.json])
        case .clockSet(let serial, let offset):
            line(serial, ["offset_ms": .count(offset)])
        case .liveSample(let serial, let sample):
            line(
                serial,
                [
                    "cartridge": .string(sample.run), "index": .count(sample.index),
                    "fall_mm": sample.fallMicrometres.map { .number(Double($0) / 1_000) } ?? .null,
                    "temperature_c": .number(Double(sample.temperatureMillidegrees) / 1_000),
                    "tilt_deg": .number(Double(sample.tiltMillidegrees) / 1_000),
                    "period_ms": .count(sample.samplePeriodMilliseconds),
                ])
        case .liveEstimate(let serial, let cartridge, let estimate):
            line(serial, ["cartridge": .string(cartridge), "estimate": estimate.json])
        case .recordReading(let serial, let sequence, let offset, let length):
            line(
                serial,
                ["sequence": .count(sequence), "offset": .count(offset), "length": .count(length)])
        case .recordStored(let serial, let sequence, let recordID, let kind):
            line(
                serial,
                ["sequence": .count(sequence), "record_id": .hash(recordID), "kind": .string(kind.text)])
        case .recordRefused(let serial, let sequence, let reason):
            line(serial, ["sequence": .count(sequence), "reason": .string(reason.rawValue)])
        case .recordAcknowledged(let serial, let upTo):
            line(serial, ["up_to": .count(upTo)])
        case .gapNoted(let serial, let missing):
            line(serial, ["first": .count(missing.lowerBound), "last": .count(missing.upperBound)])
        case .resultWaits(let recordID):
            line(nil, ["record_id": .hash(recordID)])
        case .resultMade(let recordID, let result):
            line(nil, ["record_id": .hash(recordID), "result": result.json])
        case .batchCut(let epoch, let sequence, let itemCount, let length):
            batch(epoch, sequence, ["items": .count(itemCount), "length": .count(length)])
        case .batchWaits(let epoch, let sequence, let after, let reason):
            batch(
                epoch, sequence,
                ["after_ms": .integer(after.milliseconds), "reason": .string(reason)])
        case .receiptAccepted(let epoch, let sequence, let leafIndex):
            batch(epoch, sequence, ["leaf_index": .count(leafIndex)])
        case .receiptRefused(let epoch, let sequence, let reason):
            batch(epoch, sequence, ["reason": .string(reason)])
        case .firmwareChanged(let serial, let phase, let reason):
            line(serial, ["phase": .string(phase.code), "reason": .text(reason.isEmpty ? nil : reason)])
        case .pruned(let recordCount, let batchCount):
            line(nil, ["records": .count(recordCount), "batches": .count(batchCount)])
        case .alarm(let reason):
            line(nil, ["message": .string(reason)])
        }
    }

    private func line(_ serial: DeviceSerial?, _ members: JSONValue) -> JSONValue {
        var line = [JSONMember(name: "event", value: .string(name))]
        if let serial {
            line.append(JSONMember(name: "device", value: .string(serial.text)))
        }
        return .object(line + (members.objectValue ?? []))
    }

    private func batch(_ epoch: Epoch, _ sequence: UInt64, _ members: JSONValue) -> JSONValue {
        let place = [
            JSONMember(name: "epoch", value: .string(epoch.hex)),
            JSONMember(name: "sequence", value: .count(sequence)),
        ]
        return line(nil, .object(place + (members.objectValue ?? [])))
    }
}

extension RecordKind {
    var text: String {
        switch self {
        case .sedimentationRun: "sedimentation-run"
        case .selfTest: "self-test"
        case .logExcerpt: "log-excerpt"
        }
    }
}

extension LiveEstimate {
    var json: JSONValue {
        [
            "provisional": true, "minutes": .number(minutes),
            "esr_mm_h": millimetresPerHour.map { .number($0) } ?? .null,
            "interval90": interval90.map { .array([.number($0.lowerBound), .number($0.upperBound)]) } ?? .null,
            "reasons": .texts(reasons),
        ]
    }
}
