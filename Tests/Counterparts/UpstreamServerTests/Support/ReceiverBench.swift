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
    let grant: EnrolmentGrant
    let receiver: BatchReceiver

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
        grant = try await desk.enrol(
            EnrolmentRequest(transport: try .request(P256.Signing.PrivateKey()), signing: try .request(key)),
            credential: EnrolmentCredential(hub: id, token: token))
        hub = try TestHub(
            key: key, chain: [try Certificate(pemEncoded: grant.signingChain[0]).derBytes()])
        receiver = BatchReceiver(
            folder: folder, inspector: DeviceRecordInspector(anchors: [maker.certificate]), desk: desk,
            ledger: try LedgerDatabase(folder: folder, signer: ReceiptSigner(folder: folder), clock: systemClock),
            clock: systemClock)
    }

    deinit {
        try? FileManager.default.removeItem(at: path)
    }
}
