/// The bounds of one update.
package struct FirmwarePolicy: Sendable, Equatable {
    /// Per cent; without external power a device needs at least this much.
    package var batteryPercentMin: UInt8 = 30
    /// The new image has to stay up for so long before it is confirmed.
    package var proofTime: Duration = .seconds(300)
    /// Between two looks at what stands in the way.
    package var lookInterval: Duration = .seconds(30)
    /// The same while the device is away: its coming is noticed at once, so that only deadlines need a look.
    package var absenceLookInterval: Duration = .seconds(3_600)
    /// Before a step on the device that came to nothing is tried again, while the device is there.
    package var setbackPause: Duration = .seconds(5)
    /// Steps on the device that may come to nothing in one phase, while the device is there.
    package var setbackCountMax = 20
    /// Times that an image is sent from its beginning.
    package var uploadCountMax = 3
    /// Between two attempts at a download that came to nothing.
    package var fetchPause: Duration = .seconds(300)
    /// The same behind a download that was not what the metadata say: it costs a whole image each time.
    package var refusedFetchPause: Duration = .seconds(6 * 3_600)

    package init() {}

    /// How long a phase may last. Counted by the hub's uptime, so that a clock that is set changes nothing; a restart of the
    /// hub's machine begins it anew.
    package func deadline(of phase: FirmwarePhase) -> Duration? {
        switch phase {
        case .offered: .seconds(600)
        case .downloading: .seconds(86_400)
        case .waiting: .seconds(30 * 86_400)
        case .uploading: .seconds(7 * 86_400)
        // A device that lies in a drawer with a marked image is awaited for longer: how it ends is up to what it runs.
        case .marking, .rebooting, .proving, .confirming, .reverting: .seconds(90 * 86_400)
        case .confirmed, .reverted, .failedTransiently, .failedPermanently, .cancelled: nil
        }
    }
}
