/// What is read of the machine before the adapter is touched. Reading changes nothing.
package struct AdapterFacts: Sendable, Hashable {
    /// Who else may hold the adapter.
    package enum Owner: Sendable, Hashable {
        case nobody
        /// A Bluetooth daemon of this name runs.
        case daemon(String)
        /// Processes of others cannot be seen, so it cannot be told.
        case hidden
    }

    package var owner: Owner
    /// `uname -r`.
    package var kernelRelease: String
    /// `uname -v`.
    package var kernelVersion: String
    /// Why there is no management socket: its errno; nil where it is open.
    package var socketFailure: Int32?

    package init(owner: Owner, kernelRelease: String, kernelVersion: String, socketFailure: Int32?) {
        self.owner = owner
        self.kernelRelease = kernelRelease
        self.kernelVersion = kernelVersion
        self.socketFailure = socketFailure
    }

    /// What speaks against touching the adapter at all; nil where nothing does.
    package func obstacle(allowsHazardousKernel: Bool) -> AdapterObstacle? {
        switch owner {
        case .daemon(let name): return .ownedByDaemon(name)
        case .hidden: return .ownerHidden
        case .nobody: break
        }
        if !allowsHazardousKernel, KernelHazard.isPresent(release: kernelRelease, version: kernelVersion) {
            return .kernelHazard(release: kernelRelease)
        }
        return socketFailure.map { .socketUnavailable(code: $0) }
    }
}
