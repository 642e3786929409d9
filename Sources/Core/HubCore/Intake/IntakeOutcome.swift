/// What became durable of a delivery.
package struct IntakeOutcome: Sendable, Equatable {
    /// False where there is no room: the device is not acknowledged and keeps it.
    package var isKept: Bool
    /// To be published once the transaction is durable.
    package var news: [MonitorEvent]

    package init(isKept: Bool, news: [MonitorEvent]) {
        self.isKept = isKept
        self.news = news
    }
}
