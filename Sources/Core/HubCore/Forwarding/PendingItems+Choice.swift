package import CORProtocol

// Which of the pending items the next batch takes, where it may not take them all.
extension PendingItems {
    /// What the next batch takes of these.
    ///
    /// - Parameters:
    ///   - urgent: gaps that it must name before any record that lies behind them.
    ///   - hasMoreUrgent: whether further ones have to be named before any record goes.
    ///   - raw: how much of raw records may go; nil for all.
    package func chosen(urgent: [Numbered<Gap>], hasMoreUrgent: Bool = false, raw: RawAllowance?) -> PendingItems {
        // Where results and entries fill the batch, no record goes, and so nothing that would have to be named before one: records
        // that lie before the gaps would be left out.
        let isFilledByFirstLane = hasMore && records.isEmpty && gaps.isEmpty
        let urgent = isFilledByFirstLane ? [] : urgent
        var named = naming(urgent)
        if hasMoreUrgent, !urgent.isEmpty {
            // What lies before all of them goes with them: it was in a batch that was given up, or is missing.
            let firsts = Dictionary(urgent.map { ($0.value.serial, $0.value.first) }, uniquingKeysWith: min)
            named.records = records.filter { record in
                firsts[record.value.serial].map { record.value.sequence < $0 } ?? false
            }
            let known = Set(urgent.map(\.item))
            named.gaps =
                urgent
                + gaps.filter { gap in
                    !known.contains(gap.item) && firsts[gap.value.serial].map { gap.value.last < $0 } ?? false
                }
            named.hasMore = true
        }
        return (raw.map { named.limitingRecords(to: $0) } ?? named).keepingAuditChain()
    }

    /// Puts gaps in front that the next batch must name, whatever waits before them.
    package func naming(_ urgent: [Numbered<Gap>]) -> PendingItems {
        guard !urgent.isEmpty else { return self }
        var items = self
        let known = Set(urgent.map(\.item))
        items.gaps = urgent + gaps.filter { !known.contains($0.item) }
        return items
    }

    /// Leaves records out from the first that goes beyond the allowance, and the gaps behind it, since the upstream
    /// accounts for a device's sequences in their order. What has to be named first stays, unless a record before it is left
    /// out.
    package func limitingRecords(to allowance: RawAllowance) -> PendingItems {
        var left = allowance.lengthMax
        let count = records.indices.first { index in
            left -= records[index].value.bytes.count
            return left < 0 && !(index == 0 && allowance.takesFirst)
        }
        guard let count else { return self }
        let firstLeftOut = records[count].item
        let leftOut = Dictionary(records[count...].map { ($0.value.serial, $0.value.sequence) }, uniquingKeysWith: min)
        var items = self
        items.records.removeSubrange(count...)
        items.gaps.removeAll { gap in
            gap.item > firstLeftOut && !gap.value.reason.goesFirst
                || leftOut[gap.value.serial].map { $0 < gap.value.first } ?? false
        }
        // What is left out waits for the budget; asking again at once would find nothing.
        items.hasMore = false
        return items
    }

    /// A batch holds audit entries that follow each other (firmware-specs/upstream.md, section 1). Where entries go again
    /// that were in a rejected batch, the later ones wait for the next batch.
    package func keepingAuditChain() -> PendingItems {
        let pairs = zip(audit, audit.dropFirst()).enumerated()
        let broken = pairs.first { _, pair in pair.1.value.sequence != pair.0.value.sequence + 1 }
        guard let broken else { return self }
        var items = self
        items.audit.removeSubrange((broken.offset + 1)...)
        items.hasMore = true
        return items
    }
}

extension GapReason {
    /// Whether such a gap may name sequences that lie before records which wait already, so that the next batch has to name it.
    package var goesFirst: Bool {
        switch self {
        case .quarantined, .overwritten, .lost, .erased: true
        case .missing, .refused: false
        }
    }
}
