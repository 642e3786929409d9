/// What a command tells by its exit status: docs of the CLI, "exit codes".
enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    case nothingToDo = 2
    case notFound = 3
    case blocked = 4
    case needsConfirmation = 5
    case usage = 64
    /// The same command may succeed later.
    case temporary = 75
    /// Ended by SIGINT, as shells count it: 128 + 2.
    case interrupted = 130
}
