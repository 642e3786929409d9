import CORProtocol
import HubCore
import JSONCoding

/// The agent's metrics, made of facts. Nothing in them tells of a person, and no label names a device or a subject.
struct HubMetrics: Sendable {
    var version: String
    var build: String
    var environment: String
    var now: TimeBlock
    var isClockTrusted: Bool
    var uptime: Duration
    var buffer: BufferStatus
    var usage: StorageUsage
    var quota: StorageQuota
    var writtenLength: UInt64
    var syncCount: UInt64
    var forwarding: Forwarder.State
    var connections: [StatusBoard.Connection]
    /// End of each certificate, ms since 1970.
    var certificateEnds: [(use: String, milliseconds: Int64)]
    var isRenewalFailing: Bool
    var isConfigurationFaulty: Bool
    var waitingKeyCount: Int
    var eventCounts: [(name: String, count: UInt64)]
    var process: ProcessFacts

    var families: [MetricFamily] {
        own + store + links + upstream + events + processFamilies
    }

    private static let linkStates = ["searching", "connected", "unclaimed", "refused", "waiting", "hidden"]
    private static let forwardingStates = [
        "starting", "idle", "lingering", "cutting", "sending", "waiting", "storing-receipt", "pausing", "finding",
        "renewing", "blocked",
    ]

    private var own: [MetricFamily] {
        var build = MetricFamily("corhub_build_info", .gauge, "The program that runs; always 1.")
        build.add(1, ["version": version, "build": String(self.build.prefix(12)), "environment": environment])
        return [
            build,
            MetricFamily("corhub_uptime_seconds", .gauge, "Seconds since the agent was ready.", uptime.inSeconds),
            MetricFamily(
                "corhub_clock_synchronised", .gauge, "1 while a time service disciplines the clock.",
                now.sync == .synchronised ? 1 : 0),
            MetricFamily(
                "corhub_clock_trusted", .gauge, "1 while the clock agrees with the upstream's receipts.",
                isClockTrusted ? 1 : 0),
            MetricFamily(
                "corhub_configuration_faulty", .gauge,
                "1 while the configuration that was read last is broken and an older one is in force.",
                isConfigurationFaulty ? 1 : 0),
            MetricFamily(
                "corhub_configuration_keys_waiting", .gauge, "Keys whose changed values want a restart.",
                Double(waitingKeyCount)),
        ]
    }

    private var store: [MetricFamily] {
        var pending = MetricFamily("corhub_pending_items", .gauge, "What waits to be put into a batch.")
        pending.add(Double(buffer.pendingRecords.count), ["kind": "record"])
        pending.add(Double(buffer.pendingEntries.count), ["kind": "entry"])
        var pendingLength = MetricFamily("corhub_pending_bytes", .gauge, "Bytes of what waits to be put into a batch.")
        pendingLength.add(Double(buffer.pendingRecords.length), ["kind": "record"])
        pendingLength.add(Double(buffer.pendingEntries.length), ["kind": "entry"])
        return [
            pending, pendingLength,
            MetricFamily(
                "corhub_batches_without_receipt", .gauge, "Batches that the upstream has not receipted yet.",
                Double(buffer.batchesWithoutReceipt.count)),
            MetricFamily(
                "corhub_batches_rejected", .gauge, "Batches that the upstream has rejected and nobody has sent again.",
                Double(buffer.batchesRejected.count)),
            MetricFamily(
                "corhub_oldest_pending_record_age_seconds", .gauge,
                "How long the oldest record without a batch has waited; 0 where none waits.",
                age(of: buffer.oldestPendingRecord)),
            MetricFamily(
                "corhub_oldest_batch_age_seconds", .gauge,
                "How long the oldest batch without a receipt has waited; 0 where none waits.",
                age(of: buffer.oldestBatchWithoutReceipt)),
            MetricFamily("corhub_records", .gauge, "Raw records that are kept.", Double(buffer.records.count)),
            MetricFamily(
                "corhub_quarantined_records", .gauge, "Refused records that are kept.", Double(buffer.quarantined.count)
            ),
            MetricFamily("corhub_store_used_bytes", .gauge, "Bytes that the store uses.", Double(usage.usedLength)),
            MetricFamily(
                "corhub_store_limit_bytes", .gauge, "Bytes that the store may use.", Double(quota.limit(of: usage))),
            MetricFamily(
                "corhub_store_written_bytes_total", .counter, "Bytes that the store has written since the start.",
                Double(writtenLength)),
            MetricFamily(
                "corhub_store_syncs_total", .counter, "Flushes of the store since the start.", Double(syncCount)),
        ]
    }

    private var links: [MetricFamily] {
        var family = MetricFamily("corhub_device_links", .gauge, "Links to devices, by kind and state.")
        for link in Set(connections.map(\.link.rawValue)).sorted() {
            for state in Self.linkStates {
                let count = connections.count { $0.link.rawValue == link && $0.state.code == state }
                family.add(Double(count), ["link": link, "state": state])
            }
        }
        return [family]
    }

    private var upstream: [MetricFamily] {
        var state = MetricFamily("corhub_forwarding_state", .gauge, "1 for the state that forwarding is in.")
        let present = forwarding.json["state"]?.stringValue
        for name in Self.forwardingStates { state.add(name == present ? 1 : 0, ["state": name]) }
        // One that is not among the names stands for itself: somebody has to see it.
        if let present, !Self.forwardingStates.contains(present) { state.add(1, ["state": present]) }
        var ends = MetricFamily(
            "corhub_certificate_end_timestamp_seconds", .gauge, "When each certificate of the hub ends, Unix time.")
        for end in certificateEnds { ends.add(Double(end.milliseconds) / 1_000, ["use": end.use]) }
        return [
            state, ends,
            MetricFamily(
                "corhub_certificate_renewal_failing", .gauge, "1 while the last attempt to renew came to nothing.",
                isRenewalFailing ? 1 : 0),
        ]
    }

    private var events: [MetricFamily] {
        var family = MetricFamily(
            "corhub_events_total", .counter, "What has happened since the start, as corhub monitor names it.")
        for event in eventCounts { family.add(Double(event.count), ["event": event.name]) }
        return [family]
    }

    private var processFamilies: [MetricFamily] {
        [
            MetricFamily(
                "process_resident_memory_bytes", .gauge, "Resident memory of the agent in bytes.",
                Double(process.residentLength)),
            MetricFamily(
                "process_cpu_seconds_total", .counter, "User and system time of the agent in seconds.",
                process.processorSeconds),
            MetricFamily(
                "process_open_fds", .gauge, "Open file descriptors of the agent.", Double(process.openDescriptorCount)),
            MetricFamily("process_threads", .gauge, "Threads of the agent.", Double(process.threadCount)),
        ]
    }

    /// Not negative: a clock that was set back makes nothing younger than it is.
    private func age(of time: TimeBlock?) -> Double {
        time.map { max(0, Double(now.wallMilliseconds - $0.wallMilliseconds) / 1_000) } ?? 0
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
