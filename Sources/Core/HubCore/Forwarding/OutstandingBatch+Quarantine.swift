import CORProtocol

extension OutstandingBatch {
    /// What the next batch must name when the upstream has rejected this one: every device sequence that it held, as
    /// record or as gap, so that the upstream's account of the device goes on over it. Touching spans become one.
    func quarantineGaps(at now: TimeBlock) -> [Gap] {
        let batch: Batch
        do {
            batch = try SignedBatch(decoding: bytes).batch
        } catch {
            return []  // The upstream could not read it either, and nothing can be named.
        }
        var spans: [DeviceSerial: [ClosedRange<UInt64>]] = [:]
        for record in batch.records { spans[record.serial, default: []].append(record.sequence...record.sequence) }
        for gap in batch.gaps { spans[gap.serial, default: []].append(gap.first...gap.last) }
        return spans.sorted { $0.key.text < $1.key.text }.flatMap { serial, spans in
            Self.merged(spans).map { span in
                Gap(
                    serial: serial, first: span.lowerBound, last: span.upperBound, reason: .quarantined, noticed: now,
                    detail: "batch \(position.epoch.hex)/\(position.sequence)")
            }
        }
    }

    private static func merged(_ spans: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
        var merged: [ClosedRange<UInt64>] = []
        for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            // Sequences are below 2^63, so that one more is a number.
            if let last = merged.last, span.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, span.upperBound)
            } else {
                merged.append(span)
            }
        }
        return merged
    }
}
