package import CORProtocol

/// What is read of a hub and its surroundings before anything is judged. Nil where it could not be looked at.
package struct DoctorFacts: Sendable, Equatable {
    package enum ControlSocket: Sendable, Equatable {
        case answers
        /// Nobody listens there, whether there is a file or not.
        case absent
        /// This user may not use it.
        case denied
    }

    /// The node of a COR One that is plugged in.
    package struct DeviceNode: Sendable, Equatable {
        package var path: String
        package var isGroupRight: Bool
        /// Permission bits.
        package var mode: UInt32

        package init(path: String, isGroupRight: Bool, mode: UInt32) {
            self.path = path
            self.isGroupRight = isGroupRight
            self.mode = mode
        }
    }

    package struct Disk: Sendable, Equatable {
        package var usage: StorageUsage
        package var isReadOnly: Bool

        package init(usage: StorageUsage, isReadOnly: Bool) {
            self.usage = usage
            self.isReadOnly = isReadOnly
        }
    }

    package struct Certificate: Sendable, Equatable {
        package var use: String
        package var beginMilliseconds: Int64
        package var endMilliseconds: Int64

        package init(use: String, beginMilliseconds: Int64, endMilliseconds: Int64) {
            self.use = use
            self.beginMilliseconds = beginMilliseconds
            self.endMilliseconds = endMilliseconds
        }
    }

    package enum Enrolment: Sendable, Equatable {
        case enrolled(host: String)
        case absent
        case broken(reason: String)
    }

    package enum Probe: Sendable, Equatable {
        case answered
        case failed(UpstreamFault)
        /// Plain HTTP answers where the upstream should speak TLS.
        case plainHTTP
        case refused(status: Int)
    }

    package var configurationFaults: [String] = []
    package var dangers: [String] = []
    package var wantsUSB = false
    package var wantsBLE = false
    package var quota = StorageQuota()

    package var controlSocket: ControlSocket?
    /// What the agent that runs has found by trying.
    package var sandbox: SandboxFindings?
    package var hasUdevRule: Bool?
    package var deviceNodes: [DeviceNode]?
    package var adapter: AdapterFacts?
    package var disk: Disk?
    /// Tenths of its life that a flash memory has used, by name.
    package var wearTenths: [String: Int]?
    package var damagedStoreCount: Int?
    package var wallMilliseconds: Int64 = 0
    package var clockSync: ClockSync?
    package var enrolment: Enrolment?
    package var certificates: [Certificate]?
    /// What the upstream's name leads to; nil where the upstream is named by its address.
    package var addresses: [String]?
    package var probe: Probe?

    package init() {}
}
