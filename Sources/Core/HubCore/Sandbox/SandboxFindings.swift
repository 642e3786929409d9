package import CORProtocol

/// What came of trying calls that the sandbox of systemd/corhub.service must refuse.
package struct SandboxFindings: Sendable, Equatable {
    /// One wall of the sandbox. Each is tried by a call that does no harm where it is allowed.
    package enum Wall: String, Sendable, Hashable, CaseIterable {
        /// NoNewPrivileges: asked of the kernel, since there is nothing to try.
        case privileges
        /// The filter of system calls, LockPersonality: personality(2) is asked, and changes nothing.
        case systemCalls = "system-calls"
        /// MemoryDenyWriteExecute: a page that is writable and executable.
        case executableMemory = "executable-memory"
        /// RestrictAddressFamilies: a packet socket.
        case socketFamilies = "socket-families"
        /// ProtectSystem=strict: an unnamed file below /usr.
        case files
    }

    package enum Trial: Sendable, Hashable {
        case allowed
        case refused(errno: Int32)
    }

    /// The errno with which each wall refuses, and nothing else around a process does: an ordinary user gets
    /// EACCES below /usr, sandbox or not.
    package struct Refusals: Sendable {
        package var notPermitted: Int32
        /// prctl(2), PR_SET_MDWE: how a kernel refuses such a page itself. systemd 254 and newer leave it to the kernel.
        package var accessDenied: Int32
        package var familyNotSupported: Int32
        package var readOnlyFiles: Int32

        package init(notPermitted: Int32, accessDenied: Int32, familyNotSupported: Int32, readOnlyFiles: Int32) {
            self.notPermitted = notPermitted
            self.accessDenied = accessDenied
            self.familyNotSupported = familyNotSupported
            self.readOnlyFiles = readOnlyFiles
        }

        fileprivate func errnos(of wall: Wall) -> [Int32] {
            switch wall {
            case .privileges, .systemCalls: [notPermitted]
            case .executableMemory: [notPermitted, accessDenied]
            case .socketFamilies: [familyNotSupported]
            case .files: [readOnlyFiles]
            }
        }
    }

    /// Walls that are not there, in the order of `Wall`.
    package let missing: [Wall]

    /// What an agent has said of itself.
    package init(missing: Set<Wall>) {
        self.missing = Wall.allCases.filter(missing.contains)
    }

    /// - Parameter trials: a wall that was not tried is missing.
    package init(_ trials: [Wall: Trial], refusals: Refusals) {
        missing = Wall.allCases.filter { wall in
            !refusals.errnos(of: wall).contains { trials[wall] == .refused(errno: $0) }
        }
    }

    package var state: SandboxState {
        if missing.isEmpty { return .inForce }
        return missing == Wall.allCases ? .absent : .partial
    }

    /// One sentence.
    package var explanation: String {
        switch state {
        case .inForce: "the service manager's sandbox is in force"
        case .partial:
            "the service manager's sandbox is not whole: \(missing.map(\.rawValue).joined(separator: ", ")) missing"
        case .absent: "there is no sandbox around the agent"
        }
    }
}
