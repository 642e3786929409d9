import JSONCoding

/// Why a question was not answered: code, sentence and the exit status that the command line ends with.
struct ControlFailure: Sendable, Equatable {
    var status: Int
    var code: String
    var message: String

    static func notFound(_ what: String) -> ControlFailure {
        ControlFailure(status: 404, code: "not-found", message: "\(what) is not known here")
    }

    static let tooManyWatchers = ControlFailure(
        status: 503, code: "too-many-watchers", message: "too many watch already")

    static let permissionDenied = ControlFailure(
        status: 403, code: "permission-denied",
        message: "this user may not do that: ask to be added to the group of control.group in the configuration")

    static func badRequest(_ reason: String) -> ControlFailure {
        ControlFailure(status: 400, code: "bad-request", message: reason)
    }

    static func conflict(_ code: String, _ message: String) -> ControlFailure {
        ControlFailure(status: 409, code: code, message: message)
    }

    static func storage(_ message: String) -> ControlFailure {
        ControlFailure(status: 503, code: "storage", message: message)
    }

    var json: JSONValue {
        ["error": ["code": .string(code), "message": .string(message)]]
    }
}
