/// A running virtual device, whatever link it listens on.
package protocol DeviceServer: Sendable {
    /// How many requests may be outstanding, as the device says.
    var bufferCount: Int { get }

    /// Does what a person at the device would; from any thread.
    func perform(_ command: DeviceCommand)

    /// Switches the device off: a run that is under way is closed as far as it came.
    func stop() async throws
}
