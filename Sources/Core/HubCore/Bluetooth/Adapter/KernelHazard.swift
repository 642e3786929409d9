/// Kernels that an ATT socket can bring down.
///
/// Debian's 6.1.192 (ABI 6.1.0-55 and -56) hits a BUG in hci_chan_del when an ATT socket is closed after encryption has
/// failed while its security was being raised. 6.1.190 and older, and 6.12.117, do not. A device that has lost its key
/// would stop the hub, so BLE stays off on them: there is no safe way to raise the security of such a socket.
package enum KernelHazard {
    private static let hazardousABIs = ["6.1.0-55-", "6.1.0-56-"]
    private static let hazardousVersion = "6.1.192-"

    /// - Parameters:
    ///   - release: what `uname -r` prints, for example "6.1.0-55-amd64".
    ///   - version: what `uname -v` prints, for example "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-11-02)".
    package static func isPresent(release: String, version: String) -> Bool {
        hazardousABIs.contains { release.hasPrefix($0) }
            || version.split(separator: " ").contains { $0.hasPrefix(hazardousVersion) }
    }
}
