// modules: TextEncodings CBORCoding COSESigning SMPProtocol CORProtocol Crypto
import CBORCoding
import CORProtocol
import COSESigning

private let shapes: [any (CBORShape & Sendable).Type] = [
    AlgorithmIdentity.self, AnalysisResult.self, AttestationPayload.self, AttestRequest.self, AttestResponse.self,
    AuditActor.self, AuditEntry.self, Batch.self, Cartridge.self, ClockResponse.self, ClockSetRequest.self,
    ColumnGeometry.self, DeviceEvent.self, DeviceTime.self, EmptyMessage.self, Epoch.self, ESRInterval.self,
    ESROutput.self, FirmwareEvent.self, Gap.self, IdentifyRequest.self, IdentityResponse.self, InclusionProof.self,
    LiveEvent.self, LiveRequest.self, LiveResponse.self, LogExcerpt.self, MerkleRoot.self, OwnerChangeRequest.self,
    OwnerResponse.self, Receipt.self, RecordAcknowledgeRequest.self, RecordAcknowledgeResponse.self,
    RecordEntry.self, RecordItem.self, RecordListRequest.self, RecordListResponse.self, RecordPayload.self,
    RecordReadRequest.self, RecordReadResponse.self, RecordReadyEvent.self, SampleTrace.self, SedimentationRun.self,
    SelfTestItem.self, SelfTestRecord.self, SelfTestResponse.self, SoftwareIdentity.self, StartEvent.self,
    StateChangedEvent.self, StatusResponse.self, TimeBlock.self,
]

/// No input traps; what a shape takes in strict mode is exactly what it writes; what it takes in tolerant mode, it takes
/// again; signed messages keep their bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCOR(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for type in shapes {
        if let shape = try? type.init(decoding: bytes) {
            precondition(shape.encoded() == bytes, "\(type) writes otherwise than it reads")
        }
        if let encoded = (try? type.init(decoding: bytes, mode: .tolerant))?.encoded() {
            precondition((try? type.init(decoding: encoded))?.encoded() == encoded, "\(type) reads back otherwise")
        }
    }
    if let message = try? SignedRecord(decoding: bytes) {
        precondition(message.cose.encoded() == bytes, "a record that we would encode otherwise")
    }
    _ = try? SignedAttestation(decoding: bytes)
    _ = try? SignedBatch(decoding: bytes)
    _ = try? SignedReceipt(decoding: bytes)
    _ = try? InclusionReceipt(decoding: bytes)
    return 0
}
