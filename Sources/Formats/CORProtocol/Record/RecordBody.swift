package import CBORCoding

/// What a record holds, by its kind.
///
/// firmware-specs/cddl: `record-body`.
package enum RecordBody: Sendable, Hashable {
    case sedimentationRun(SedimentationRun)
    case selfTest(SelfTestRecord)
    case logExcerpt(LogExcerpt)

    package var kind: RecordKind {
        switch self {
        case .sedimentationRun: .sedimentationRun
        case .selfTest: .selfTest
        case .logExcerpt: .logExcerpt
        }
    }

    init(_ kind: RecordKind, from decoder: inout CBORDecoder) throws(CBORError) {
        switch kind {
        case .sedimentationRun: self = .sedimentationRun(try SedimentationRun(from: &decoder))
        case .selfTest: self = .selfTest(try SelfTestRecord(from: &decoder))
        case .logExcerpt: self = .logExcerpt(try LogExcerpt(from: &decoder))
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .sedimentationRun(let run): encoder.encode(run)
        case .selfTest(let record): encoder.encode(record)
        case .logExcerpt(let excerpt): encoder.encode(excerpt)
        }
    }
}
