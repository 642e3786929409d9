import CORProtocol
import FirmwareRollout
import HubCore
import MCUbootImage
import Testing

@Suite("What rollouts mean for a device: firmware-specs/rollouts.md, section 5")
struct RolloutAssessmentTests {
    private typealias Sample = RolloutSample

    private func reasons(_ assessment: RolloutAssessment) -> [[String]] {
        assessment.standings.map { $0.reasons.map(\.code) }
    }

    @Test("A device within an open stage is offered the release, with the policies of rollout and release")
    func offered() throws {
        let assessment = Sample.assess(Sample.plan([Sample.rollout("r", of: 1)]))
        let offer = try #require(assessment.offer)
        #expect(assessment.deciding == "r" && reasons(assessment) == [[]])
        #expect(
            offer.firmwareOffer
                == FirmwareOffer(
                    target: .init(name: "releases/COR One/1.1.0+0/image.bin", sha256: .of([1, 1]), length: 1_000),
                    image: FirmwareImageFacts(version: Sample.version(1), securityCounter: 1, hash: .of([1])),
                    requirements: FirmwareRequirements(
                        model: "COR One", hardwareRevisions: ["V1"], batteryPercentMin: 40), origin: .rollout(id: "r"))
        )
    }

    @Test("Expired metadata, a clock that is not trusted and no metadata at all offer nothing (freeze)")
    func obstacles() {
        let plan = Sample.plan([Sample.rollout("r", of: 1)])
        #expect(Sample.assess(nil).obstacles == [.metadataMissing])
        let expired = Sample.assess(plan, at: plan.validUntil)
        #expect(expired.offer == nil && reasons(expired) == [["metadata-expired"]])
        #expect(Sample.assess(plan, at: plan.validUntil - 1).offer != nil)
        let untrusted = Sample.assess(plan, isClockTrusted: false)
        #expect(untrusted.offer == nil && reasons(untrusted) == [["clock-untrusted"]])
        #expect(Sample.assess(Sample.plan([])).obstacles == [.noRollouts])
        var refused = Sample.plan([])
        refused.faults[Sample.model] = "member-unknown: hurry is not known"
        #expect(Sample.assess(refused).obstacles.map(\.code) == ["document-refused"])
    }

    @Test("A rollout that is paused, aborted, expired, closed, yet to begin or for others does not reach the device")
    func unreached() {
        let place = Cohort(of: Sample.device().serial, in: "r").place
        let cases: [(Rollout, [String])] = [
            (Sample.rollout("r", of: 1, state: .paused), ["paused"]),
            (Sample.rollout("r", of: 1, state: .aborted), ["aborted"]),
            (Sample.rollout("r", of: 1, expires: Sample.now), ["rollout-expired"]),
            (Sample.rollout("r", of: 1, opened: nil), ["stage-closed"]),
            (Sample.rollout("r", of: 1, opened: Sample.now + 1), ["stage-begins"]),
            (Sample.rollout("r", of: 1, opened: Sample.now), []),
            (Sample.rollout("r", of: 1, threshold: place), ["outside-cohort"]),
            (Sample.rollout("r", of: 1, threshold: place + 1), []),
            (Sample.rollout("r", of: 9), ["release-missing"]),
        ]
        for (rollout, expected) in cases {
            let assessment = Sample.assess(Sample.plan([rollout]))
            #expect(reasons(assessment) == [expected], "\(rollout)")
            #expect((assessment.offer != nil) == expected.isEmpty)
        }
    }

    @Test("A device of another hardware revision is not reached")
    func hardware() {
        let assessment = Sample.assess(Sample.device(hardware: "V2"), Sample.plan([Sample.rollout("r", of: 1)]))
        #expect(reasons(assessment) == [["hardware-unsupported"]])
    }

    @Test("The first rollout that reaches a device decides for it alone; what does not reach it is passed over")
    func order() {
        let plan = Sample.plan([
            Sample.rollout("c", of: 2, state: .paused), Sample.rollout("b", of: 1), Sample.rollout("a", of: 2),
        ])
        let assessment = Sample.assess(plan)
        #expect(assessment.offer?.rollout.id == "b")
        #expect(reasons(assessment) == [["paused"], [], ["another-decides"]])
        // Up to date by what decides: the one behind it does not take the device on.
        let updated = Sample.assess(Sample.device(1), plan)
        #expect(updated.offer == nil && reasons(updated) == [["paused"], ["up-to-date"], ["another-decides"]])
    }

    @Test("An older device passes through what it must, step by step, and a newer one goes straight on")
    func steps() throws {
        let plan = Sample.plan(
            [Sample.rollout("r", of: 5)],
            [Sample.release(5, through: [1, 3]), Sample.release(1), Sample.release(3)])
        var running = Sample.device(0)
        var path: [ImageVersion] = []
        while let offer = Sample.assess(running, plan).offer {
            #expect(offer.isStep == (offer.release.description.version != Sample.version(5)))
            path.append(offer.release.description.version)
            running.version = path.last
        }
        #expect(path == [1, 3, 5].map { Sample.version($0) })
        #expect(Sample.assess(Sample.device(4), plan).offer?.release.description.version == Sample.version(5))
    }

    @Test("A step that the repository does not offer is not skipped")
    func missingStep() {
        let plan = Sample.plan([Sample.rollout("r", of: 2)], [Sample.release(2, through: [1])])
        #expect(reasons(Sample.assess(plan)) == [["step-missing"]])
        var broken = plan
        broken.models[Sample.model]?.releases[Sample.version(1)] = .unusable(reason: "?")
        #expect(reasons(Sample.assess(broken)) == [["release-unusable"]])
    }

    @Test("A downgrade needs a rollout that says so, and the security counter holds nevertheless")
    func downgrade() {
        let plain = Sample.plan([Sample.rollout("r", of: 1)])
        #expect(reasons(Sample.assess(Sample.device(2), plain)) == [["downgrade-not-allowed"]])
        let allowed = Sample.plan([Sample.rollout("r", of: 1, downgrade: true)])
        let offer = Sample.assess(Sample.device(2, counter: .demands(1)), allowed).offer
        #expect(offer?.release.description.version == Sample.version(1))
        #expect(offer?.firmwareOffer.allowsDowngrade == true)
        #expect(
            reasons(Sample.assess(Sample.device(2, counter: .demands(2)), allowed)) == [["security-counter-too-low"]])
        #expect(
            reasons(Sample.assess(Sample.device(0, counter: .demands(2)), allowed)) == [["security-counter-too-low"]])
    }

    @Test("A device that has not said what its boot loader demands is held, and one that cannot say it is not")
    func counterUnread() {
        let plan = Sample.plan([Sample.rollout("r", of: 1)])
        let held = Sample.assess(Sample.device(counter: .unread), plan)
        #expect(held.offer == nil && held.deciding == "r" && reasons(held) == [["security-counter-unread"]])
        #expect(Sample.assess(Sample.device(counter: .unknown), plan).offer != nil)
        #expect(Sample.assess(Sample.device(counter: .demands(1)), plan).offer != nil)
        // What stands in the way anyway is told first.
        #expect(reasons(Sample.assess(Sample.device(1, counter: .unread), plan)) == [["up-to-date"]])
    }

    @Test("A step on the way that the boot loader would refuse is not offered either")
    func counterOfStep() {
        let plan = Sample.plan(
            [Sample.rollout("r", of: 2)],
            [Sample.release(1, counter: 1), Sample.release(2, counter: 3, through: [1])])
        #expect(reasons(Sample.assess(Sample.device(0, counter: .demands(2)), plan)) == [["security-counter-too-low"]])
        #expect(Sample.assess(Sample.device(1, counter: .demands(2)), plan).offer != nil)
    }

    @Test("A device that names no version, and one whose version the release is not for, get nothing")
    func versions() {
        let plan = Sample.plan(
            [Sample.rollout("r", of: 2)],
            [
                Sample.release(2, from: [.init(min: Sample.version(1), max: Sample.version(1))])
            ])
        #expect(reasons(Sample.assess(Sample.device(nil), plan)) == [["version-unknown"]])
        #expect(reasons(Sample.assess(Sample.device(0), plan)) == [["from-version-unsupported"]])
        #expect(Sample.assess(Sample.device(1), plan).offer != nil)
    }

    @Test(
        "It is known when things change by time: a stage that begins, a rollout and metadata that end, a clock in doubt"
    )
    func changes() {
        func change(_ rollouts: [Rollout], isClockTrusted: Bool = true) -> Int64? {
            let plan = Sample.plan(rollouts)
            return RolloutAssessment.changesAt(
                [Sample.assess(plan, isClockTrusted: isClockTrusted)], by: plan, after: Sample.now)
        }
        #expect(change([Sample.rollout("r", of: 1)]) == Sample.now + 500)
        #expect(change([Sample.rollout("r", of: 1, opened: Sample.now + 60)]) == Sample.now + 60)
        #expect(change([Sample.rollout("r", of: 1, expires: Sample.now + 70)]) == Sample.now + 70)
        #expect(change([Sample.rollout("r", of: 1)], isClockTrusted: false) == Sample.now + 10)
        #expect(RolloutAssessment.changesAt([], by: nil, after: Sample.now) == nil)
    }
}
