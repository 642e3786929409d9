import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import HubCore
import Testing

/// A device at the other end of a session: it answers as the profile says, without a link and without time.
struct TestDevice {
    let serial: DeviceSerial
    let key = P256.Signing.PrivateKey()
    /// Stands for DER: the session hands it on and takes its hash, and what it is worth is told by an event.
    var chain: [[UInt8]] = [[0x30, 0x03, 1, 2, 3]]
    var profileVersion: UInt32 = 1
    var bootCounter: UInt32 = 1
    var capabilities: [String] = []
    var wallMilliseconds: Int64? = TimeBlock.at().wallMilliseconds - 90_000
    var ownerState = OwnerState.owned
    var owner: HubID? = HubID("hub-0001")
    /// Ascending by sequence.
    var records: [SignedRecord] = []
    /// The newest sequence ever given.
    var newestSequence: UInt64 = 0
    /// Its clock is set an hour after the boot; records are closed 5 s after it, unless a test says otherwise.
    var uptimeMilliseconds: UInt64 = 3_600_000
    /// Bytes in one answer to a read request.
    var pieceLengthMax = 200
    var pageCountMax = 2

    init(_ serial: String = "COR1-0001") throws {
        self.serial = try #require(DeviceSerial(serial))
    }

    var certificate: DeviceCertificate {
        DeviceCertificate(
            serial: serial, publicKey: Array(key.publicKey.x963Representation), thumbprint: .of(chain.first ?? []),
            authority: TrustedAuthority(name: "CN=maker", fingerprint: .zero))
    }

    var identity: IdentityResponse {
        IdentityResponse(
            serial: serial, model: "COR One", hardwareRevision: "A", firmwareVersion: "1.0.0",
            profileVersion: profileVersion, bootCounter: bootCounter, certificateChain: chain,
            capabilities: capabilities)
    }

    var status: StatusResponse {
        StatusResponse(
            batteryPercent: 80, hasExternalPower: true, temperatureMillidegrees: 22_000, isRunning: false,
            cartridge: nil, faults: [], pendingCount: UInt64(records.count), newestSequence: newestSequence)
    }

    /// A record as this device signs it; small, unless `lineCount` makes it longer.
    func record(_ sequence: UInt64, closed: Int64? = nil, lineCount: Int = 4) throws -> SignedRecord {
        try record(
            sequence, closed: closed,
            body: .logExcerpt(LogExcerpt(lines: (0..<lineCount).map { "line \($0) of \(sequence)" })))
    }

    func record(_ sequence: UInt64, closed: Int64? = nil, body: RecordBody) throws -> SignedRecord {
        try SignedRecord.signing(
            RecordPayload(
                serial: serial, bootCounter: bootCounter, sequence: sequence,
                closed: DeviceTime(uptimeMilliseconds: 5_000, wallMilliseconds: closed), body: body),
            chain: chain.isEmpty ? [[0x30, 0]] : chain, signer: P256COSESigner(key))
    }

    mutating func close(_ sequences: ClosedRange<UInt64>) throws {
        for sequence in sequences {
            records.append(try record(sequence))
            newestSequence = sequence
        }
    }

    func attestation(
        nonce: [UInt8], hub: HubID, link: LinkKind, serial: DeviceSerial? = nil, key: P256.Signing.PrivateKey? = nil
    ) throws -> SignedAttestation {
        try SignedAttestation.signing(
            AttestationPayload(
                nonce: nonce, hub: hub, serial: serial ?? self.serial, link: link, bootCounter: bootCounter),
            certificate: chain.first ?? [0x30, 0], signer: P256COSESigner(key ?? self.key))
    }

    static func entry(_ record: SignedRecord) -> RecordEntry {
        RecordEntry(
            sequence: record.payload.sequence, length: record.bytes.count, kind: record.payload.kind,
            hash: .of(record.bytes))
    }

    /// What a device that keeps to the profile says to a request.
    mutating func answer(to command: CORCommand, _ payload: [UInt8]) throws -> SessionEvent {
        switch command {
        case .identity:
            return .answered(payload: identity.encoded())
        case .attest:
            let request = try AttestRequest(decoding: payload)
            let attestation = try attestation(nonce: request.nonce, hub: request.hub, link: request.link)
            return .answered(payload: AttestResponse(attestation: attestation.bytes).encoded())
        case .clock:
            return .answered(payload: setClock(payload))
        case .owner:
            return changeOwner(payload)
        case .identify:
            return .answered(payload: EmptyMessage().encoded())
        case .selfTest:
            return .answered(payload: SelfTestResponse(passed: true).encoded())
        case .status:
            return .answered(payload: status.encoded())
        case .live:
            return .answered(payload: LiveResponse(isOn: true).encoded())
        case .recordList:
            return .answered(payload: list(try RecordListRequest(decoding: payload)).encoded())
        case .recordRead:
            return read(try RecordReadRequest(decoding: payload))
        case .recordAcknowledge:
            let request = try RecordAcknowledgeRequest(decoding: payload)
            if capabilities.contains(RecordAcknowledgeRequest.proofCapability) {
                let meant = records.prefix { $0.payload.sequence <= request.upToSequence }
                guard request.proof == .proving(meant.map(Self.entry)) || meant.isEmpty else {
                    return .refusedByDevice(code: Int64(CORReturnCode.proofDiffers.rawValue))
                }
            }
            records.removeAll { $0.payload.sequence <= request.upToSequence }
            return .answered(
                payload: RecordAcknowledgeResponse(upToSequence: min(request.upToSequence, newestSequence)).encoded())
        default:
            return .refusedByDevice(code: 8)  // SMP: not supported.
        }
    }

    /// firmware-specs/states/ownership.yaml
    private mutating func changeOwner(_ payload: [UInt8]) -> SessionEvent {
        guard let request = try? OwnerChangeRequest(decoding: payload) else {
            return .answered(payload: OwnerResponse(state: ownerState, owner: owner).encoded())
        }
        if ownerState != .free, owner != request.hub {
            let code: CORReturnCode =
                switch (request.operation, ownerState) {
                case (.release, _): .notOwner
                case (.claim, .awaitingButton): .busy
                case (.claim, _): .ownedByAnother
                }
            return .refusedByDevice(code: Int64(code.rawValue))
        }
        switch request.operation {
        case .claim where ownerState != .owned: (ownerState, owner) = (.awaitingButton, request.hub)
        case .claim: break
        case .release: (ownerState, owner) = (.free, nil)
        }
        return .answered(payload: OwnerResponse(state: ownerState, owner: owner).encoded())
    }

    /// The button: whoever asked has it.
    mutating func press() {
        if ownerState == .awaitingButton { ownerState = .owned }
    }

    private mutating func setClock(_ payload: [UInt8]) -> [UInt8] {
        let before = ClockResponse(wallMilliseconds: wallMilliseconds, uptimeMilliseconds: uptimeMilliseconds)
        if let request = try? ClockSetRequest(decoding: payload) {
            wallMilliseconds = request.wallMilliseconds
        }
        return before.encoded()
    }

    private func list(_ request: RecordListRequest) -> RecordListResponse {
        let after = records.filter { $0.payload.sequence > request.afterSequence }
        let page = after.prefix(min(pageCountMax, request.countMax ?? pageCountMax))
        return RecordListResponse(records: page.map(Self.entry), hasMore: page.count < after.count)
    }

    private func read(_ request: RecordReadRequest) -> SessionEvent {
        guard let record = records.first(where: { $0.payload.sequence == request.sequence }) else {
            return .refusedByDevice(code: Int64(CORReturnCode.noSuchRecord.rawValue))
        }
        let length = min(pieceLengthMax, request.lengthMax ?? pieceLengthMax)
        let piece = Array(record.bytes.dropFirst(request.offset).prefix(length))
        return .answered(
            payload: RecordReadResponse(offset: request.offset, data: piece, recordLength: record.bytes.count).encoded()
        )
    }
}
