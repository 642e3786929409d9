import CORProtocol
import FirmwareRollout
import HubCore
import MCUbootImage

/// An image that hashes and nothing else hold together, as the virtual boot loader looks at it, and the release that offers it.
struct FleetImage: Sendable {
    static let model = "COR One (virtual)"

    let bytes: [UInt8]
    let hash: [UInt8]
    let release: Release

    /// MCUboot, docs/design.md: header, payload, one area with a SHA-256.
    init(_ version: ImageVersion) {
        func little(_ number: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
        }
        let payload = [UInt8](repeating: version.minor, count: 64)
        var image = little(0x96F3_B83D, 4) + little(0, 4) + little(32, 2) + little(0, 2)
        image += little(UInt32(payload.count), 4) + little(0, 4)
        image += [version.major, version.minor] + little(UInt32(version.revision), 2) + little(version.build, 4)
        image += little(0, 4) + payload
        let digest = SHA256Hash.of(image)
        image += little(0x6907, 2) + little(40, 2) + little(0x10, 2) + little(32, 2) + digest.bytes
        bytes = image
        hash = digest.bytes
        release = Release(
            description: ReleaseDescription(
                model: Self.model, hardwareRevisions: ["V1"], version: version, securityCounter: 0, batteryMin: 30),
            imageHash: digest, fileHash: .of(image), length: image.count, location: "releases/\(version)")
    }
}
