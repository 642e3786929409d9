/// What a person asks of a device that is connected.
package enum DeviceOrder: Sendable, Hashable {
    /// Make it this hub's; the person at the device agrees by a press of its button.
    case claim
    /// Let it go: it is nobody's then.
    case release
    /// Blink, for 1 to 60 seconds.
    case identify(seconds: Int)
    /// Test itself; not during a measurement.
    case selfTest
    /// Do a step of a firmware update; the link is lent to it meanwhile.
    case firmware(FirmwareStep)
}

/// One order, as whoever gave it knows it.
package struct DeviceOrderID: RawRepresentable, Sendable, Hashable {
    package var rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// What became of an order: any number of `awaitsButton` or `uploaded`, then `done` or `failed`, once.
package enum DeviceOrderNews: Sendable, Hashable {
    /// The device waits for a press of its button, for so long at most.
    case awaitsButton(Duration)
    /// The device has so many bytes of an image.
    case uploaded(offset: Int, length: Int)
    case done(DeviceOrderResult)
    case failed(DeviceOrderFailure)
}

package enum DeviceOrderResult: Sendable, Hashable {
    case claimed
    case released
    case identified
    case tested(passed: Bool)
    case firmware(FirmwareStepResult)
}
