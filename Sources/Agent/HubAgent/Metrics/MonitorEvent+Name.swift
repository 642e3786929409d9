import HubCore

extension MonitorEvent {
    /// As `corhub monitor` and the metric corhub_events_total name it.
    var name: String {
        switch self {
        case .deviceConnected: "device-connected"
        case .deviceUnclaimed: "device-unclaimed"
        case .registrationChanged: "registration-changed"
        case .deviceRefused: "device-refused"
        case .deviceGone: "device-gone"
        case .deviceStatus: "device-status"
        case .clockSet: "device-clock"
        case .liveSample: "live-sample"
        case .liveEstimate: "live-estimate"
        case .recordReading: "record-reading"
        case .recordStored: "record-stored"
        case .recordRefused: "record-refused"
        case .recordAcknowledged: "record-acknowledged"
        case .gapNoted: "gap"
        case .resultWaits: "result-waits"
        case .resultMade: "result"
        case .batchCut: "batch-cut"
        case .batchWaits: "batch-waits"
        case .receiptAccepted: "receipt-accepted"
        case .receiptRefused: "receipt-refused"
        case .firmwareChanged: "firmware"
        case .pruned: "pruned"
        case .alarm: "alarm"
        }
    }
}
