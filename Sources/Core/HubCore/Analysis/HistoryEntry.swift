package import CBORCoding
package import CORProtocol
package import ESRAnalysis

/// One result of a person, with what the trend needs to know of it. It outlives the raw run that it was made of.
package struct HistoryEntry: CBORShape, Sendable, Hashable {
    package var recordID: SHA256Hash
    package var serial: DeviceSerial
    package var cartridgeLot: String
    /// When the run was received, or when it was closed if that was long before.
    package var measuredMilliseconds: Int64
    package var algorithm: AlgorithmIdentity
    package var output: ESROutput

    package init(
        recordID: SHA256Hash, serial: DeviceSerial, cartridgeLot: String, measuredMilliseconds: Int64,
        algorithm: AlgorithmIdentity, output: ESROutput
    ) {
        self.recordID = recordID
        self.serial = serial
        self.cartridgeLot = cartridgeLot
        self.measuredMilliseconds = measuredMilliseconds
        self.algorithm = algorithm
        self.output = output
    }

    /// Nil for a result without a number: it is an event, not a zero.
    init?(
        _ result: AnalysisResult, of record: SignedRecord, received: TimeBlock, isBackfilled: Bool,
        clockOffsetMilliseconds: Int64?
    ) {
        guard case .sedimentationRun(let run) = record.payload.body, result.output.centiMillimetresPerHour != nil else {
            return nil
        }
        let closed = isBackfilled ? record.payload.closed.wallMilliseconds : nil
        self.init(
            recordID: record.id, serial: record.payload.serial, cartridgeLot: run.cartridge.lot,
            measuredMilliseconds: closed.map { $0 - (clockOffsetMilliseconds ?? 0) } ?? received.wallMilliseconds,
            algorithm: result.algorithm, output: result.output)
    }

    /// What the trend compares; nil without a number and its interval.
    package var trendEntry: PersonalTrend.Entry? {
        guard let value = output.centiMillimetresPerHour, let interval = output.interval90,
            interval.low <= interval.high
        else { return nil }
        return PersonalTrend.Entry(
            value: Double(value) / 100, interval90: Double(interval.low) / 100...Double(interval.high) / 100,
            // Rounded down, also before 1970.
            day: Int((measuredMilliseconds - (measuredMilliseconds < 0 ? 86_399_999 : 0)) / 86_400_000),
            isFinal: output.status == .final,
            instrument: PersonalTrend.Instrument(
                device: serial.text, cartridgeLot: cartridgeLot, algorithm: "\(algorithm.id) \(algorithm.version)",
                model: algorithm.modelHash.hex, profile: algorithm.profile))
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var recordID: SHA256Hash?
        var serial: DeviceSerial?
        var lot: String?
        var measured: Int64?
        var algorithm: AlgorithmIdentity?
        var output: ESROutput?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: recordID = try SHA256Hash(from: &value)
            case 2: serial = try DeviceSerial(from: &value)
            case 3: lot = try value.decodeText()
            case 4: measured = try value.decodeInt64()
            case 5: algorithm = try AlgorithmIdentity(from: &value)
            case 6: output = try ESROutput(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let recordID, let serial, let lot, let measured, let algorithm, let output else {
            throw .missingKey(of: "history-entry", offset: offset)
        }
        self.init(
            recordID: recordID, serial: serial, cartridgeLot: lot, measuredMilliseconds: measured,
            algorithm: algorithm, output: output)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 6)
        encoder.encode(1)
        encoder.encode(recordID)
        encoder.encode(2)
        encoder.encode(serial)
        encoder.encode(3)
        encoder.encode(cartridgeLot)
        encoder.encode(4)
        encoder.encode(measuredMilliseconds)
        encoder.encode(5)
        encoder.encode(algorithm)
        encoder.encode(6)
        encoder.encode(output)
    }
}

extension PersonalTrend {
    /// What the trend says of a reading: its newest result against the newest result of each reading before it.
    ///
    /// - Parameter history: the person's results in the order of their making.
    /// - Returns: nil where the reading has no result with a number.
    package static func outcome(of recordID: SHA256Hash, in history: [HistoryEntry]) -> Outcome? {
        var newest: [SHA256Hash: HistoryEntry] = [:]
        for entry in history { newest[entry.recordID] = entry }
        guard let subject = newest[recordID], let entry = subject.trendEntry else { return nil }
        // The id decides between readings of one moment, so that the order is the same each time.
        func isBefore(_ left: HistoryEntry, _ right: HistoryEntry) -> Bool {
            (left.measuredMilliseconds, left.recordID.hex) < (right.measuredMilliseconds, right.recordID.hex)
        }
        let before = newest.values.filter { isBefore($0, subject) }.sorted(by: isBefore)
        return outcome(of: entry, after: before.compactMap(\.trendEntry))
    }
}
