import JSONCoding

/// What the agent answers.
enum ControlAnswer: Sendable {
    case json(JSONValue)
    case bytes([UInt8], contentType: String)
    /// One JSON value a line, until the asker goes or the agent stops.
    case lines(AsyncStream<JSONValue>)
    case failure(ControlFailure)
}
