import JSONCoding

/// What a verb has to tell: to people as lines, to programs as one JSON object.
struct SMPReport: Sendable, Hashable {
    var status: ExitStatus = .done
    var lines: [String]
    var result: JSONValue
}

/// Why a verb did not do what it was asked, and what to do about it.
struct SMPProblem: Error, Hashable {
    var status: ExitStatus
    /// A word for programs, for example "device-silent".
    var code: String
    var message: String
}
