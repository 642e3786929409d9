/// Why a command did not do what it was asked to: one line for people, a code for programs, an exit status for scripts.
struct CommandProblem: Error, Hashable {
    var status: ExitStatus
    var code: String
    var message: String

    init(_ status: ExitStatus, code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }
}
