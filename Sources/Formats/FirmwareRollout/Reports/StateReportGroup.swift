package import CORProtocol
package import MCUbootImage

/// Devices of one rollout whose state reports say the same.
package struct StateReportGroup: Sendable, Hashable {
    /// Of the image that was tried.
    package var version: ImageVersion
    package var isFailure: Bool
    /// The image that runs, as the devices signed.
    package var runningHash: SHA256Hash
    package var deviceCount: Int

    package init(version: ImageVersion, isFailure: Bool, runningHash: SHA256Hash, deviceCount: Int) {
        self.version = version
        self.isFailure = isFailure
        self.runningHash = runningHash
        self.deviceCount = deviceCount
    }
}
