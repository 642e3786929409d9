import CORProtocol
import DeviceSimulator
import HubCore
import UpstreamServer

// What must hold at the end of every history, seen from outside: the devices' own records against the upstream's tables.
extension World {
    func check() {
        checkConservation()
        checkHub()
        checkAudit()
        // Retries have pauses: no fault makes the hub call without end.
        let hours = Int((now / .seconds(3_600)).rounded())
        if submissionCount > hours * 400 + 2_000 { problems.append("\(submissionCount) submissions in \(hours) h") }
        for reason in upstream.refusals { problems.append("a batch was rejected: \(reason)") }
        if upstream.tables.doubledCount > 0 { problems.append("\(upstream.tables.doubledCount) records doubled") }
        let epochCountMax = 1 + 2 * restoreCount + 2
        if upstream.tables.epochs.count > epochCountMax {
            problems.append("\(upstream.tables.epochs.count) epochs after \(restoreCount) restores")
        }
    }

    /// Every record that a device made is upstream once, or named in a gap; and without a restored disk none is lost but
    /// what the device itself overwrote.
    private func checkConservation() {
        for device in devices {
            let serial = device.identity.serial
            let named = upstream.tables.gaps.filter { $0.serial == serial }
            for (sequence, id) in device.made.sorted(by: { $0.key < $1.key }) {
                let stored = upstream.tables.positions[DevicePosition(serial: serial, sequence: sequence)]
                if stored == id { continue }
                if stored != nil {
                    problems.append("\(serial.text)/\(sequence): another record is upstream")
                    continue
                }
                guard named.contains(where: { $0.span.contains(sequence) }) else {
                    problems.append("\(serial.text)/\(sequence): neither upstream nor named")
                    continue
                }
                let gaveWay = named.contains { $0.reason == .overwritten && $0.span.contains(sequence) }
                if gaveWay, !plan.has(.smallStore) { problems.append("\(serial.text)/\(sequence): gave way unasked") }
                if !plan.has(.restoredImage), !device.overwritten.contains(sequence), !gaveWay {
                    problems.append("\(serial.text)/\(sequence): lost, though named")
                }
            }
            if device.model.records.records.contains(where: { $0.sequence <= store.content.newest[serial] ?? 0 }) {
                problems.append("\(serial.text): records are durable here and still on the device")
            }
        }
    }

    private func checkHub() {
        if case .idle? = forwarder?.state {} else { problems.append("the forwarder ends as \(stateName)") }
        if store.oldestOutstanding != nil { problems.append("a batch has no receipt") }
        if !store.content.pendingRecords.isEmpty {
            problems.append("\(store.content.pendingRecords.count) records and gaps wait")
        }
        for index in store.content.items.indices {
            guard case .result(let result) = store.content.items[index].value else { continue }
            if !upstream.tables.results.contains(result.id) { problems.append("a result is not upstream") }
        }
    }

    /// Every entry of the hub's own log is upstream as it is here, in whichever epoch it travelled; what was written since
    /// the last batch waits for the next.
    private func checkAudit() {
        let waiting = Set(store.content.pendingEntries)
        for (index, item) in store.content.items.enumerated() {
            guard case .audit(let entry) = item.value, !waiting.contains(index) else { continue }
            let isThere = upstream.tables.epochs.contains { $0.state.audit[entry.sequence] == entry }
            if !isThere { problems.append("audit entry \(entry.sequence) is not upstream") }
        }
    }

    /// Why epochs were begun.
    var renewals: [String] {
        store.content.items.compactMap { item in
            guard case .audit(let entry) = item.value, entry.type == .epochRenewed else { return nil }
            return entry.detail
        }
    }

    private var stateName: String {
        guard let state = forwarder?.state else { return "nothing" }
        return String("\(state)".prefix(40))
    }
}
