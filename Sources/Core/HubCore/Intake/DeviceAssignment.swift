package import CBORCoding
package import CORProtocol

/// To whom the measurements of a device belong, from a moment on.
///
/// It holds for runs that began after it: what was measured before may be somebody else's, and waits.
package struct DeviceAssignment: CBORShape, Sendable, Hashable {
    /// Nil: nobody's, whatever the configuration says.
    package var subject: SubjectID?
    package var since: TimeBlock

    package init(subject: SubjectID?, since: TimeBlock) {
        self.subject = subject
        self.since = since
    }

    /// Nil for a run that began before, or of which nobody knows when it began.
    package func subject(of run: SedimentationRun, item: RecordItem) -> SubjectID? {
        guard let age = Self.age(of: run, item: item) else { return nil }
        let isOfSameBoot = item.received.bootID == since.bootID
        // Within one boot elapsed time decides, which no setting of the clock moves.
        let elapsed =
            isOfSameBoot
            ? Int64(clamping: item.received.boottimeNanoseconds / 1_000_000)
                - Int64(clamping: since.boottimeNanoseconds / 1_000_000)
            : item.received.wallMilliseconds - since.wallMilliseconds
        return elapsed >= age ? subject : nil
    }

    /// How long before its reception the run began, in ms; nil where neither clock tells.
    private static func age(of run: SedimentationRun, item: RecordItem) -> Int64? {
        let duration = Int64(run.fallsMicrometres.count) * Int64(run.samplePeriodMilliseconds)
        if let began = run.start?.time.wallMilliseconds {
            let age = item.received.wallMilliseconds - (began - (item.clockOffsetMilliseconds ?? 0))
            // A run lasts as long as it does, whatever the device's clock says of its start.
            return max(age, duration)
        }
        return item.backfilled ? nil : duration
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var subject: SubjectID??
        var since: TimeBlock?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1:
                let isNobody = try value.decodeNullIfPresent()
                subject = .some(isNobody ? nil : try SubjectID(from: &value))
            case 2: since = try TimeBlock(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let subject, let since else { throw .missingKey(of: "device-assignment", offset: offset) }
        self.init(subject: subject, since: since)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        if let subject { encoder.encode(subject) } else { encoder.encodeNull() }
        encoder.encode(2)
        encoder.encode(since)
    }
}
