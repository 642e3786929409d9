/// One thing that is wrong with a hub or its surroundings, and what to do about it.
package struct DoctorFinding: Sendable, Hashable {
    package enum Severity: String, Sendable {
        /// Readings are not taken, not kept or not sent, or soon will not be.
        case problem
        /// The hub works, and something should be looked at.
        case warning
    }

    /// What was looked at; each is one line of docs/doctor.md.
    package enum Check: String, Sendable, CaseIterable {
        case configuration, agent, controlSocket = "control-socket", sandbox
        case udevRule = "udev-rule", deviceNodes = "device-nodes"
        case bluetooth, kernel, disk, wear, store, clock
        case enrolment, certificates, names, upstream
    }

    package let check: Check
    /// Stable, for programs.
    package let code: String
    package let severity: Severity
    package let message: String
    package let remedy: String

    package init(_ check: Check, _ code: String, _ severity: Severity, _ message: String, remedy: String) {
        self.check = check
        self.code = code
        self.severity = severity
        self.message = message
        self.remedy = remedy
    }
}
