/// Who asks on the control socket, as the kernel knows them, and what that allows.
struct ControlCaller: Sendable, Equatable {
    enum Role: Sendable, Equatable {
        /// May change things, too.
        case administrator
        case reader
        case stranger
    }

    /// The local user's number, uid.
    let user: UInt32
    let role: Role

    /// - Parameters:
    ///   - groups: of the user, by number.
    ///   - owner: the user that the agent runs as.
    ///   - administrators: the group that may do everything; nil where none is configured.
    ///   - readers: the group that may look; nil where none is configured.
    init(user: UInt32, groups: Set<UInt32>, owner: UInt32, administrators: UInt32?, readers: UInt32?) {
        self.user = user
        role =
            if user == 0 || user == owner || administrators.map(groups.contains) ?? false {
                .administrator
            } else if readers.map(groups.contains) ?? false {
                .reader
            } else {
                .stranger
            }
    }

    /// - Parameter isChange: what is asked may change something.
    func may(_ isChange: Bool) -> Bool {
        switch role {
        case .administrator: true
        case .reader: !isChange
        case .stranger: false
        }
    }
}
