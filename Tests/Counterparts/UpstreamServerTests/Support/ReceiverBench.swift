import CORProtocol
import Crypto
import Foundation
import SwiftASN1
import Testing
import UpstreamServer
import X509

/// A receiver, a ledger and a hub that enrolled at its desk.
final class ReceiverBench {
    let path = FileManager.default.temporaryDirectory.appending(path: "corhub-bench-\(UUID().uuidString)")
    let folder: StateFolder
    let maker: TestMaker
    let hub: TestHub
    let receiver: BatchReceiver
    /// PEM of what a hub pins, and of its certificates.
    let authority: String
    let receiptCertificate: String
    let transport: String
    let signing: String

    init() async throws {
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        let state = path.appending(path: "state").path(percentEncoded: false)
        try StateFolder.create(at: state, settings: .init(environment: "test", names: ["localhost"]), now: Date())
        folder = try StateFolder(opening: state)
        maker = try TestMaker()
        let desk = try EnrolmentDesk(folder: folder, clock: systemClock)
        let id = try #require(HubID("hub-0001"))
        let token = try await desk.createToken(for: id, lifetime: .seconds(60))
        let key = P256.Signing.PrivateKey()
        let request = try CertificationRequest(.request(P256.Signing.PrivateKey()))
        let certified = try await desk.enrol(request, hub: id, token: token)
        guard case .issued(let transportDER) = certified,
            case .issued(let signingDER) = try await desk.enrolSigning(
                CertificationRequest(.request(key)), by: HubCertificate(hub: id, thumbprint: .of(transportDER)))
        else { throw CertificateFault.refused("a fresh token") }
        hub = try TestHub(key: key, chain: [signingDER])
        transport = try Certificate(derEncoded: transportDER).pemText()
        signing = try Certificate(derEncoded: signingDER).pemText()
        authority = try folder.authority.certificate.pemText()
        receiptCertificate = try folder.receiptCertificate.pemText()
        receiver = BatchReceiver(
            folder: folder, inspector: DeviceRecordInspector(anchors: [maker.certificate]),
            reportInspector: StateReportInspector(anchors: [maker.certificate]), desk: desk,
            ledger: try LedgerDatabase(folder: folder, signer: ReceiptSigner(folder: folder), clock: systemClock),
            registry: try DeviceRegistry(folder: folder, clock: systemClock), clock: systemClock)
    }

    deinit {
        try? FileManager.default.removeItem(at: path)
    }
}
