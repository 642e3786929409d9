import CORProtocol
import DeviceLinks
import DurableFiles
import Glibc
package import HubCore
import KeyStore
import UpstreamClient

/// Gathers the facts that a diagnosis is made of. Nothing is changed by it, and nothing but a question goes upstream.
///
/// It needs no agent, and none of it needs the agent's user; what this user may not see is left out.
package struct DoctorExamination: Sendable {
    /// Where this machine is described, "" for the machine itself: a folder in place of / for images and tests.
    private let root: String
    private let configurationFile: String

    package init(root: String, configurationFile: String) {
        self.root = root == "/" ? "" : root
        self.configurationFile = configurationFile
    }

    package func facts() async -> DoctorFacts {
        var facts = DoctorFacts()
        let configuration = read(configurationFile, into: &facts)
        let machine = MachineFiles(root: root)
        facts.hasUdevRule = machine.hasUdevRule
        facts.deviceNodes = machine.deviceNodes
        facts.wearTenths = machine.wearTenths
        facts.adapter = AdapterFacts(
            owner: AdapterFacts.owner(
                processFolder: root + AdapterFacts.processFolder, serviceFolder: root + AdapterFacts.serviceFolder),
            kernelRelease: machine.kernelRelease, kernelVersion: machine.kernelVersion,
            socketFailure: AdapterFacts.managementSocketFailure())
        (facts.controlSocket, facts.sandbox) = await ControlSocketProbe(path: configuration.controlSocket).look()
        facts.disk = Self.disk(configuration)
        facts.damagedStoreCount = Self.entryCount(of: configuration.quarantineDirectory)
        let now = HubClock().now()
        facts.wallMilliseconds = now.wallMilliseconds
        facts.clockSync = now.sync
        await examineUpstream(configuration, &facts)
        return facts
    }

    private func read(_ file: String, into facts: inout DoctorFacts) -> HubConfiguration {
        do throws(ConfigurationFault) {
            let reading = try ConfigurationLoader.read(file: file)
            facts.configurationFaults = reading.faults.map(\.description)
            let configuration = reading.configuration
            facts.dangers = ConfigurationReport(reading).dangers
            facts.wantsUSB = configuration.discoversUSB || configuration.deviceLinks.contains { $0.hasPrefix("usb:") }
            facts.wantsBLE = configuration.discoversBLE || configuration.deviceLinks.contains { $0.hasPrefix("ble:") }
            facts.quota = configuration.quota
            return configuration
        } catch {
            facts.configurationFaults = [error.description]
            return HubConfiguration()
        }
    }

    private func examineUpstream(_ configuration: HubConfiguration, _ facts: inout DoctorFacts) async {
        let folder = configuration.identityDirectory
        // Who may not look into the folder sees neither that it is there nor that it is not.
        guard access(folder, R_OK | X_OK) == 0 || errno == ENOENT else { return }
        guard HubIdentityFolder(path: folder).isEnrolled else {
            facts.enrolment = .absent
            return
        }
        let identity: HubIdentity
        do {
            // Root looks at what is the agent's; whoever else does has to be the agent's user.
            let keys = try HubKeyStore.ofThisProcess(
                folder: folder, owner: geteuid() == 0 ? FileStatus(ofFile: folder)?.owner : nil)
            identity = try HubIdentity(folder: HubIdentityFolder(path: folder), keys: keys)
        } catch IdentityFault.key(.missing) where facts.controlSocket == .answers {
            // The agent runs: its keys are credentials, which the service manager shows to nobody else.
            return
        } catch {
            facts.enrolment = .broken(reason: "\(error)")
            return
        }
        facts.certificates = [HubKeyUse.tls, .signing].map { use in
            let life = identity.credential(for: use).life
            return DoctorFacts.Certificate(
                use: use.rawValue, beginMilliseconds: life.beginMilliseconds, endMilliseconds: life.endMilliseconds)
        }
        do throws(UpstreamURLError) {
            let url = try UpstreamURL(parsing: identity.upstreamURL)
            facts.enrolment = .enrolled(host: url.host)
            let probe = UpstreamProbe(url: url, identity: identity, region: configuration.upstreamRegion)
            facts.addresses = await probe.addresses()
            facts.probe = await probe.run()
        } catch {
            facts.enrolment = .broken(reason: "\(identity.upstreamURL): \(error)")
        }
    }

    private static func disk(_ configuration: HubConfiguration) -> DoctorFacts.Disk? {
        var disk = statvfs()
        guard statvfs(configuration.stateDirectory, &disk) == 0 else { return nil }
        let (available, isBeyond) = Int(clamping: disk.f_bavail).multipliedReportingOverflow(by: Int(disk.f_frsize))
        let database = FileStatus(ofFile: configuration.storeDirectory + "/store.sqlite")
        return DoctorFacts.Disk(
            usage: StorageUsage(
                usedLength: database?.length ?? 0, availableLength: isBeyond ? .max : available),
            isReadOnly: disk.f_flag & UInt(ST_RDONLY) != 0)
    }

    /// Nil where the folder may not be looked into; 0 where there is none.
    private static func entryCount(of folder: String) -> Int? {
        try? FolderNames.ifThere(folder).count { !$0.hasPrefix(".") }
    }
}
