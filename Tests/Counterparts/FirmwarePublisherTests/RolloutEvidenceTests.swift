import CORProtocol
import FirmwarePublisher
import FirmwareRollout
import MCUbootImage
import Testing

@Suite("What counts for the gate")
struct RolloutEvidenceTests {
    private let version = ImageVersion(major: 1, minor: 1, revision: 0)
    private let image = SHA256Hash.of([1])
    private let old = SHA256Hash.of([0])

    private func group(_ isFailure: Bool, _ running: SHA256Hash, _ count: Int = 1) -> StateReportGroup {
        StateReportGroup(version: version, isFailure: isFailure, runningHash: running, deviceCount: count)
    }

    @Test("A device is confirmed with the image that is published, and has failed with another")
    func counted() {
        let evidence = RolloutEvidence(
            [group(false, image, 7), group(true, old, 2)], uncounted: ["unsigned": 3], images: [version: image])
        #expect(evidence == RolloutEvidence(attempted: 9, failed: 2, uncounted: ["unsigned": 3]))
        #expect(evidence.uncountedCount == 3)
    }

    @Test("Threat 10: confirmed with another image, failed with this one, and an image of no release count for nothing")
    func imageDiffers() {
        #expect(
            RolloutEvidence([group(false, old, 4), group(true, image, 2)], uncounted: [:], images: [version: image])
                == RolloutEvidence(uncounted: ["image-differs": 6]))
        #expect(
            RolloutEvidence([group(false, image, 4)], uncounted: [:], images: [:])
                == RolloutEvidence(uncounted: ["release-unknown": 4]))
    }
}
