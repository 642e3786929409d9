import CORProtocol
import HubCore
import JSONCoding

/// One step of the chain of custody, and what its proof rests on.
struct TraceCheck: Sendable, Equatable {
    enum Step: String, Sendable, CaseIterable {
        case recordID = "record-id"
        case deviceCertificate = "device-certificate"
        case deviceSignature = "device-signature"
        case deviceAttestation = "device-attestation"
        case reception
        case analysis
        case analysisRepeated = "analysis-repeated"
        case batchItem = "batch-item"
        case batch
        case batchChain = "batch-chain"
        case hubCertificate = "hub-certificate"
        case batchSignature = "batch-signature"
        case receipt
        case receiptInclusion = "receipt-inclusion"
    }

    enum Outcome: String, Sendable {
        case holds
        case broken
        /// The bytes are gone by right, have not got that far yet, or a step before is broken that this one rests on.
        case open
    }

    /// What the step is about.
    enum Subject: Sendable, Equatable {
        case record
        case result(SHA256Hash)
        case batch(BatchPosition)

        var text: String {
            switch self {
            case .record: "record"
            case .result(let id): "result \(id.hex)"
            case .batch(let position): "batch \(position.epoch.hex)/\(position.sequence)"
            }
        }
    }

    var step: Step
    var subject: Subject
    var outcome: Outcome
    var detail: String
    var anchor: TraceAnchor

    init(_ step: Step, of subject: Subject, _ outcome: Outcome, _ detail: String, anchor: TraceAnchor) {
        self.step = step
        self.subject = subject
        self.outcome = outcome
        self.detail = detail
        self.anchor = anchor
    }

    var json: JSONValue {
        [
            "step": .string(step.rawValue), "of": .string(subject.text), "outcome": .string(outcome.rawValue),
            "detail": .string(detail), "anchor": anchor.json,
        ]
    }
}
