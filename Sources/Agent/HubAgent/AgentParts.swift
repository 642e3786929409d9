import CORProtocol
import DeviceLinks
import ESRAnalysis
import Glibc
import HubCore
import HubStore
import KeyStore
import MCUbootImage
import NIOPosix
import UpstreamClient

/// Everything that must be there before a service runs; what is missing or wrong stops the start with one line.
struct AgentParts: Sendable {
    let identity: IdentityInUse
    /// Renews the certificates of that identity.
    let renewalProcedure: HubRenewal
    let certificates: any DeviceCertificateVerifying
    /// The makers' device CAs, DER.
    let deviceAnchors: [[UInt8]]
    let bluetooth: BluetoothHost
    /// What happened to pairings, for the audit chain.
    let bluetoothNotes: AsyncStream<AdapterAuditNote>
    let linkFactory: DeviceLinkFactory
    let images: FirmwareImageFolder
    let links: [LinkAddress]
    /// Takes batches, and knows whose devices are.
    let upstream: RenewableUpstream
    let clock: any HubClockReading
    /// Whose models of the analysis may be installed.
    private let modelMaker: ModelShelf.Maker?
    let store: HubStore
    let sandbox: SandboxFindings
    /// What became of the store that was found; nil where it was sound.
    let recovery: StoreRecovery?
    private let settings: ConfigurationInUse
    private let journal: EnrolmentJournal
    private let region: String?

    /// - Parameter salvaging: Is told how far the salvage of a damaged store is, while this waits for it.
    init(
        settings: ConfigurationInUse,
        salvaging: @escaping (SalvageProgress) -> Void
    ) throws(AgentFault) {
        clock = HubClock()
        sandbox = SandboxProbe.findings()
        self.settings = settings
        let configuration = settings.configuration
        let (notes, continuation) = AsyncStream.makeStream(
            of: AdapterAuditNote.self, bufferingPolicy: .bufferingNewest(BluetoothService.noteCountMax))
        bluetoothNotes = notes
        bluetooth = BluetoothHost(
            BluetoothHost.Configuration(folder: configuration.stateDirectory, tellsStrangers: false)
        ) {
            continuation.yield($0)
        }
        linkFactory = DeviceLinkFactory(
            on: MultiThreadedEventLoopGroup.singleton, allowsRemote: configuration.allowsRemoteUDP,
            // A device is awaited for as long as it takes: its return is news of the bus, not a matter of trying again.
            hosts: [USBHost(awaitLimit: nil), bluetooth])
        links = try Self.links(configuration, linkFactory)
        let keys = try Self.keys(configuration)
        let identity = try Self.identity(configuration, keys)
        self.identity = IdentityInUse(identity)
        renewalProcedure = HubRenewal(
            folder: HubIdentityFolder(path: configuration.identityDirectory), keys: keys, clock: clock,
            region: configuration.upstreamRegion)
        journal = EnrolmentJournal(folder: configuration.identityDirectory)
        let anchors = try Self.deviceAnchors(configuration)
        certificates = DeviceCertificateVerifier(anchors: anchors)
        deviceAnchors = anchors.der
        images = FirmwareImageFolder(path: configuration.imageDirectory, keys: try Self.imageKeys(configuration))
        modelMaker = try Self.modelMaker(configuration, environment: identity.environment)
        upstream = RenewableUpstream(try Self.upstream(identity, region: configuration.upstreamRegion, clock: clock))
        region = configuration.upstreamRegion
        let storageKey = try Self.storageKey(configuration, keys)
        do {
            (store, recovery) = try HubStore.openRecovering(
                directory: configuration.storeDirectory, key: storageKey,
                quarantine: configuration.quarantineDirectory, now: clock.now(), progress: salvaging)
        } catch {
            throw .storage(error)
        }
    }

    /// Sends by another identity from now on.
    func use(_ identity: HubIdentity) {
        do throws(AgentFault) {
            upstream.replace(with: try Self.upstream(identity, region: region, clock: clock))
        } catch {
            // What was loaded as an identity makes a connection; the one before goes on until the next start says why not.
            return
        }
    }

    var receiptVerifier: ReceiptVerifier {
        let identity = identity.current
        return ReceiptVerifier(
            hub: identity.hubID, environment: identity.environment, key: identity.receiptKey,
            logID: identity.receiptLogID)
    }

    var ledger: BatchLedger {
        BatchLedger(store: store, identity: identity) { [settings, state = sandbox.state] in
            (
                SoftwareIdentity(
                    version: CorhubVersion.text, buildHash: CorhubVersion.buildHash, configurationHash: settings.hash,
                    sandbox: state),
                settings.configuration.forwarding
            )
        }
    }

    /// Notes the start, and the boot if it is a new one, in the audit chain; makes the epoch of a new store.
    func begin() async throws(AgentFault) {
        let now = clock.now()
        let fresh = Epoch.random()
        let unfinishedPageCount = store.unfinishedPageCount
        let journalled = journal.contents()
        do throws(StoreFault) {
            try await store.write { (transaction) throws(StoreFault) in
                if unfinishedPageCount > 0 {
                    try transaction.append(
                        AuditDraft(
                            .storageFault, actor: .agent, subject: "store", outcome: .done, time: now,
                            detail:
                                "the log ended within a commit, \(unfinishedPageCount) pages of which were dropped: "
                                + "power was lost in it, or its end is damaged"))
                }
                try transaction.takeOver(enrolmentJournal: journalled, at: now)
                if try transaction.setting(Setting.bootID) != now.bootID {
                    try transaction.set(Setting.bootID, now.bootID)
                    try transaction.append(
                        AuditDraft(.boot, actor: .agent, subject: "hub", outcome: .done, time: now))
                }
                try transaction.append(
                    AuditDraft(
                        .start, actor: .agent, subject: "corhub", outcome: .done, time: now,
                        detail: "version \(CorhubVersion.text)"))
                if try transaction.setting(Setting.epoch) == nil {
                    try transaction.set(Setting.epoch, fresh.bytes)
                }
            }
        } catch {
            throw .storage(error)
        }
        if !journalled.isEmpty { journal.clear() }
    }

    /// The models that were installed on this hub.
    func modelShelf() async throws(AgentFault) -> ModelShelf {
        do throws(StoreFault) {
            let content = try await store.read { (reader) throws(StoreFault) in try reader.modelShelf() }
            return ModelShelf(content, maker: modelMaker)
        } catch {
            throw .storage(error)
        }
    }

    /// The list of recalled devices that is held.
    func recallShelf() async throws(AgentFault) -> RecallShelf {
        do throws(StoreFault) {
            let held = try await store.read { (reader) throws(StoreFault) in try reader.recalls() }
            let identity = identity.current
            return RecallShelf(environment: identity.environment, key: identity.receiptKey, held: held)
        } catch {
            throw .storage(error)
        }
    }

    /// The repository of firmware, with a root that trust begins with; nil where none is configured.
    func firmwareRepository(_ configuration: HubConfiguration) throws(AgentFault) -> FirmwareRepository? {
        guard configuration.firmwareRepository != nil || configuration.firmwareRoot != nil else { return nil }
        guard let url = configuration.firmwareRepository, let root = configuration.firmwareRoot else {
            throw .firmware("firmware.repository and firmware.root belong together")
        }
        let folder = FirmwareFolder(path: configuration.firmwareDirectory, rootPath: root)
        try folder.prepare()
        return FirmwareRepository(url: url, anchors: { [identity] in identity.current.upstreamCA }, folder: folder)
    }

    private static func imageKeys(_ configuration: HubConfiguration) throws(AgentFault) -> [ImageKey] {
        do throws(ImageKeyFolder.Fault) {
            return try ImageKeyFolder(configuration.imageKeyDirectory).keys
        } catch {
            throw .identity("firmware.image_keys: \(error)")
        }
    }

    private static func modelMaker(
        _ configuration: HubConfiguration, environment: String
    ) throws(AgentFault) -> ModelShelf.Maker? {
        guard let path = configuration.modelCertificate else { return nil }
        do throws(CertificateFile.Fault) {
            let certificate = try CertificateFile.signer(path)
            return ModelShelf.Maker(
                key: certificate.key, certificateThumbprint: .of(certificate.der), environment: environment)
        } catch {
            throw .identity("analysis.model_certificate: \(path) \(error.description)")
        }
    }

    private static func links(
        _ configuration: HubConfiguration, _ factory: DeviceLinkFactory
    ) throws(AgentFault) -> [LinkAddress] {
        var links: [LinkAddress] = []
        for text in configuration.deviceLinks {
            do throws(LinkAddressError) {
                let address = try LinkAddress(text)
                // Made once for what it refuses; the services make a new link for each session.
                _ = try factory.link(to: address, on: factory.nextEventLoop())
                links.append(address)
            } catch {
                throw .link(address: text, reason: error.description)
            }
        }
        return links
    }

    private static func keys(_ configuration: HubConfiguration) throws(AgentFault) -> HubKeyStore {
        do throws(KeyStoreFault) {
            return try HubKeyStore.ofThisProcess(folder: configuration.identityDirectory)
        } catch {
            throw .identity(error.explanation)
        }
    }

    /// The key of the store that is there; a new one only where no store needs the old one.
    private static func storageKey(
        _ configuration: HubConfiguration, _ keys: HubKeyStore
    ) throws(AgentFault) -> StorageKey {
        let isNeeded: Bool
        do throws(StoreFault) {
            isNeeded = try HubStore.needsExistingKey(directory: configuration.storeDirectory)
        } catch {
            throw .storage(error)
        }
        do throws(KeyStoreFault) {
            if let key = try keys.storageKey() { return key }
            guard !isNeeded else { throw .missingStorageKey(folder: configuration.identityDirectory) }
            return try keys.makeStorageKey()
        } catch .io(_, _, let errno) where errno == EROFS || errno == ENOSPC {
            throw .storage(errno == EROFS ? .readOnly : .full)
        } catch {
            throw .identity(error.explanation)
        }
    }

    private static func identity(
        _ configuration: HubConfiguration, _ keys: HubKeyStore
    ) throws(AgentFault) -> HubIdentity {
        do throws(IdentityFault) {
            return try HubIdentity(folder: HubIdentityFolder(path: configuration.identityDirectory), keys: keys)
        } catch {
            throw .identity(error.description)
        }
    }

    private static func deviceAnchors(_ configuration: HubConfiguration) throws(AgentFault) -> DeviceTrustAnchors {
        do {
            return try DeviceTrustAnchors(folder: configuration.deviceTrustAnchors)
        } catch {
            throw .identity("devices.trust_anchors: \(error.description)")
        }
    }

    private static func upstream(
        _ identity: HubIdentity, region: String?, clock: any HubClockReading
    ) throws(AgentFault) -> RenewableUpstream.Ports {
        let trust = HTTPTrust(
            anchors: identity.upstreamCA,
            credential: HTTPTrust.Credential(key: identity.tls.key, chain: identity.tls.chain), region: region)
        let url: UpstreamURL
        do {
            url = try UpstreamURL(parsing: identity.upstreamURL)
        } catch {
            throw .identity("\(identity.upstreamURL): \(error.description)")
        }
        do {
            let batches = try HTTPSUpstream(url, trust: trust, clock: clock)
            return RenewableUpstream.Ports(
                batches: batches, devices: HTTPSDeviceRegistry(url, trust: trust, clock: clock)
            ) { batches.close() }
        } catch {
            throw .identity("the hub's TLS certificate cannot be used: \(error)")
        }
    }
}
