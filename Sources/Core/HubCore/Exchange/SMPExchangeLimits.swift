package import SMPProtocol

/// Bounds of one exchange.
package struct SMPExchangeLimits: Sendable, Hashable {
    /// Requests that may be outstanding: the device's buf_count, and at most 128, so that a sequence number rests
    /// before it is used again.
    package var windowMax: Int
    /// Requests that may wait for a place in the window.
    package var queueCountMax: Int
    /// Times that a request is sent before it has failed.
    package var attemptCountMax: Int
    /// How long an attempt waits for its response.
    package var responseTimeout: Duration
    package var message: SMPLimits

    package static let windowCeiling = 128

    package init(
        windowMax: Int = 1, queueCountMax: Int = 64, attemptCountMax: Int = 3, responseTimeout: Duration = .seconds(5),
        message: SMPLimits = SMPLimits()
    ) {
        precondition((1...Self.windowCeiling).contains(windowMax), "the window is 1...128")
        precondition(queueCountMax >= 0 && attemptCountMax >= 1, "a queue is not negative, an attempt is made")
        self.windowMax = windowMax
        self.queueCountMax = queueCountMax
        self.attemptCountMax = attemptCountMax
        self.responseTimeout = responseTimeout
        self.message = message
    }
}
