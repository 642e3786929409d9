import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import Testing

/// A hub's side of the chain: cuts and signs one batch after the other.
struct TestHub {
    let id: HubID
    let key: P256.Signing.PrivateKey
    let chain: [[UInt8]]
    let environment: String
    var epoch: Epoch
    private(set) var sequence: UInt64 = 0
    private(set) var previousHash = SHA256Hash.zero

    init(
        _ id: String = "hub-0001", key: P256.Signing.PrivateKey, chain: [[UInt8]], environment: String = "test",
        epoch byte: UInt8 = 1
    ) throws {
        self.id = try #require(HubID(id))
        self.key = key
        self.chain = chain
        self.environment = environment
        epoch = try #require(Epoch(bytes: [UInt8](repeating: byte, count: 16)))
    }

    mutating func beginEpoch(_ byte: UInt8) throws {
        epoch = try #require(Epoch(bytes: [UInt8](repeating: byte, count: 16)))
        sequence = 0
        previousHash = .zero
    }

    func draft(
        _ records: [RecordItem] = [], gaps: [Gap] = [], results: [AnalysisResult] = [], audit: [AuditEntry] = []
    ) -> Batch {
        Batch(
            hubID: id, epoch: epoch, sequence: sequence + 1, previousHash: previousHash, records: records, gaps: gaps,
            results: results, firmwareEvents: [], deviceEvents: [], audit: audit,
            software: SoftwareIdentity(version: "0.1.0", buildHash: [], configurationHash: .zero), cut: .test,
            keyProtection: .file)
    }

    func signed(_ batch: Batch, environment: String? = nil, key: P256.Signing.PrivateKey? = nil) throws -> SignedBatch {
        try SignedBatch.signing(
            batch, environment: environment ?? self.environment, chain: chain, signer: P256COSESigner(key ?? self.key))
    }

    /// The next batch; the chain goes on over it.
    mutating func cut(
        _ records: [RecordItem] = [], gaps: [Gap] = [], results: [AnalysisResult] = [], audit: [AuditEntry] = []
    ) throws -> SignedBatch {
        let batch = try signed(draft(records, gaps: gaps, results: results, audit: audit))
        advance(over: batch.hash)
        return batch
    }

    mutating func advance(over hash: SHA256Hash) {
        sequence += 1
        previousHash = hash
    }
}

extension Gap {
    static func test(
        _ serial: DeviceSerial, _ span: ClosedRange<UInt64>, reason: GapReason = .missing
    ) -> Gap {
        Gap(serial: serial, first: span.lowerBound, last: span.upperBound, reason: reason, noticed: .test, detail: "")
    }
}

extension TestHub {
    /// Soundly signed, but with a Merkle root that is not the items'.
    func signedWithWrongRoot(_ batch: Batch) throws -> [UInt8] {
        guard case .map(var fields) = try CBORValue.decode(batch.encoded()),
            let index = fields.firstIndex(where: { $0.key == 12 })
        else { return [] }
        fields[index].value = [1: .bytes([UInt8](repeating: 9, count: 32)), 2: 0]
        return try COSESign1.signing(
            payload: CBORValue.map(fields).encoded(),
            protected: COSEHeaders(algorithm: .es256, certificateThumbprint: SHA256Hash.of(chain[0]).bytes),
            unprotected: COSEHeaders(certificateChain: chain),
            externalAAD: COSEContext.externalAAD(type: CORContext.batch, environment: environment),
            signer: P256COSESigner(key)
        ).encoded()
    }
}
