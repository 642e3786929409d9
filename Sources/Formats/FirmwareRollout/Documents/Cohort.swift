package import CORProtocol
import Crypto

/// Where a device stands in a rollout, of 10,000 places: firmware-specs/rollouts.md, section 4.
///
/// The same for as long as the rollout and the serial number are the same; another in each rollout, so that it is not always the same
/// homes that go first; and whoever is in stays in when the threshold rises.
package struct Cohort: Sendable, Hashable {
    package static let count = 10_000

    /// 0 to 9,999.
    package let place: Int

    package init(of device: DeviceSerial, in rollout: String) {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(device.text.utf8), using: SymmetricKey(data: Array(rollout.utf8)))
        let first = code.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        place = Int(first % UInt64(Self.count))
    }

    package func isWithin(_ threshold: Int) -> Bool { place < threshold }
}
