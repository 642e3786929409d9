import CBORCoding
import CORProtocol
import HubCore
import MCUbootImage
import Testing

@Suite("What an update takes and refuses")
struct FirmwareUpdateTests {
    private func status(battery: UInt8 = 80, external: Bool = false, running: Bool = false) -> StatusResponse {
        StatusResponse(
            batteryPercent: battery, hasExternalPower: external, temperatureMillidegrees: 0, isRunning: running,
            cartridge: nil, faults: [], pendingCount: 0, newestSequence: 0)
    }

    private func waiting(_ offer: FirmwareOffer = UpdateWorld.offer()) -> FirmwareUpdate {
        var update = FirmwareUpdate(serial: UpdateWorld.serial)
        _ = update.handle(.offered(offer, metadataVersion: 1), at: .at(), under: FirmwareConditions())
        _ = update.handle(.judged(.accepted), at: .at(), under: FirmwareConditions())
        return update
    }

    private func reasons(_ effects: [FirmwareUpdate.Effect]) -> [FirmwareWaitReason]? {
        for case .tell(let reasons) in effects.reversed() { return reasons }
        return nil
    }

    @Test("Everything that stands in the way is told, and nothing else")
    func waitReasons() {
        var update = waiting(UpdateWorld.offer(consent: .asked))
        let conditions = FirmwareConditions(window: .closed(opens: 5), inhibits: ["guests"])
        let found = update.handle(.deviceSeen(status(battery: 29, running: true)), at: .at(1), under: conditions)
        #expect(
            reasons(found) == [
                .consentMissing, .outsideWindow(opens: 5), .inhibited(name: "guests"), .measurementRunning,
                .batteryLow(percent: 29, wanted: 30),
            ])
        let unknown = update.handle(
            .deviceSeen(status()), at: .at(2), under: FirmwareConditions(window: .unknown))
        #expect(reasons(unknown) == [.consentMissing, .clockUntrusted])
    }

    @Test("External power makes up for a battery; at 30 % none is needed", arguments: [(30, false), (1, true)])
    func battery(_ percent: UInt8, _ external: Bool) {
        var update = waiting()
        let found = update.handle(
            .deviceSeen(status(battery: percent, external: external)), at: .at(1), under: FirmwareConditions())
        #expect(reasons(found) == [])
    }

    @Test("Consent is asked for once, and given by resume")
    func consent() throws {
        var update = waiting(UpdateWorld.offer(consent: .asked))
        _ = update.handle(.deviceSeen(status()), at: .at(1), under: FirmwareConditions())
        let effects = try update.request(.resume, at: .at(2), under: FirmwareConditions())
        #expect(update.record?.hasConsent == true)
        #expect(effects.contains { if case .perform(_, .inspect) = $0 { true } else { false } })
    }

    @Test("Who agreed need not agree again to what was only put off; to anything else they must")
    func consentHolds() throws {
        let offer = UpdateWorld.offer(consent: .asked)
        func isAgreed(
            _ again: FirmwareOffer, version: UInt64 = 1, behind end: (inout FirmwareUpdate) throws -> Void
        ) throws -> Bool? {
            var update = waiting(offer)
            _ = update.handle(.deviceSeen(status()), at: .at(1), under: FirmwareConditions(inhibits: ["guests"]))
            _ = try update.request(.resume, at: .at(2), under: FirmwareConditions(inhibits: ["guests"]))
            try end(&update)
            _ = update.handle(.offered(again, metadataVersion: version), at: .at(4), under: FirmwareConditions())
            #expect(update.record?.phase == .offered)
            return update.record?.hasConsent
        }
        func withdraw(_ update: inout FirmwareUpdate) {
            _ = update.handle(.withdrawn(rolloutID: "r1"), at: .at(3), under: FirmwareConditions())
        }
        func outlast(_ update: inout FirmwareUpdate) {
            _ = update.handle(.deviceSeen(status()), at: .at(31 * 86_400), under: FirmwareConditions())
            #expect(update.record?.phase == .failedTransiently)
        }
        func cancel(_ update: inout FirmwareUpdate) throws {
            _ = try update.request(.cancel, at: .at(3), under: FirmwareConditions())
        }
        #expect(try isAgreed(offer, behind: withdraw) == true)
        #expect(try isAgreed(offer, version: 2, behind: withdraw) == true)
        #expect(try isAgreed(offer, behind: outlast) == true)
        // The person took it back.
        #expect(try isAgreed(offer, behind: cancel) == false)
        var other = offer
        other.image.hash = .of([9])
        #expect(try isAgreed(other, behind: withdraw) == false)
        other = offer
        other.origin = .rollout(id: "r2")
        #expect(try isAgreed(other, behind: withdraw) == false)
    }

    @Test("A file that was fetched and cannot be read is not fetched again at once, but behind a pause")
    func fetchedAndUnreadable() {
        var update = FirmwareUpdate(serial: UpdateWorld.serial)
        let conditions = FirmwareConditions()
        let offer = UpdateWorld.offer()
        _ = update.handle(.offered(offer, metadataVersion: 1), at: .at(), under: conditions)
        let first = update.handle(.judged(.missing), at: .at(), under: conditions)
        #expect(first.contains(.fetch(offer.target)))
        _ = update.handle(.fetched(nil), at: .at(), under: conditions)
        let second = update.handle(.judged(.missing), at: .at(), under: conditions)
        #expect(reasons(second) == [.storageRefused])
        guard case .startTimer(let id, let pause)? = second.last else {
            Issue.record("no pause")
            return
        }
        #expect(pause == FirmwarePolicy().fetchPause)
        let third = update.handle(.timerFired(id: id), at: .at(300), under: conditions)
        #expect(third == [.judge(offer)])
        #expect(update.handle(.judged(.missing), at: .at(300), under: conditions).contains(.fetch(offer.target)))
    }

    @Test("What a server gives is not held against the image: it is fetched again, behind a pause")
    func fetchFaults() throws {
        let policy = FirmwarePolicy()
        for (fault, pause) in [
            (FirmwareFetchFault.transient(reason: "cut"), policy.fetchPause),
            (.refused(reason: "hash-wrong"), policy.refusedFetchPause),
        ] {
            var update = FirmwareUpdate(serial: UpdateWorld.serial)
            let conditions = FirmwareConditions()
            let offer = UpdateWorld.offer()
            _ = update.handle(.offered(offer, metadataVersion: 1), at: .at(), under: conditions)
            _ = update.handle(.judged(.missing), at: .at(), under: conditions)
            let found = update.handle(.fetched(fault), at: .at(), under: conditions)
            #expect(reasons(found)?.map(\.code) == ["image-unavailable"])
            guard case .startTimer(let id, pause)? = found.last else {
                Issue.record("\(found)")
                return
            }
            #expect(update.handle(.deviceSeen(status()), at: .at(1), under: conditions) == [])
            #expect(update.record?.phase == .downloading && update.record?.refused == [])
            var resumed = update
            #expect(try resumed.request(.resume, at: .at(2), under: conditions).contains(.fetch(offer.target)))
            #expect(
                update.handle(.timerFired(id: id), at: .at(3), under: conditions).contains(.fetch(offer.target)))
        }
    }

    @Test("The same image is not tried again after a failure for good, until newer metadata offer it")
    func refusedAgain() {
        var world = UpdateWorld(.failingSelfTest, .none, at: .offered)
        world.play()
        let again = world.update.handle(
            .offered(UpdateWorld.offer(), metadataVersion: 1), at: .at(900), under: FirmwareConditions())
        #expect(again.count == 1)
        guard case .report(let outcome)? = again.first else {
            Issue.record("nothing is reported")
            return
        }
        #expect((outcome.end, outcome.reason) == (.failedPermanently, "failed-before"))
        let newer = world.update.handle(
            .offered(UpdateWorld.offer(), metadataVersion: 2), at: .at(901), under: FirmwareConditions())
        #expect(newer.contains { if case .judge = $0 { true } else { false } })
    }

    @Test("An offer that is withdrawn ends what has not begun, and nothing of another rollout")
    func withdrawn() {
        var update = waiting()
        #expect(update.handle(.withdrawn(rolloutID: "r2"), at: .at(1), under: FirmwareConditions()) == [])
        _ = update.handle(.withdrawn(rolloutID: "r1"), at: .at(1), under: FirmwareConditions())
        #expect(update.record?.phase == .cancelled)
    }

    @Test("A phase that lasts beyond its deadline ends for a while, and may be tried again")
    func deadline() throws {
        var update = waiting()
        let effects = update.handle(
            .deviceSeen(status()), at: .at(31 * 86_400), under: FirmwareConditions())
        #expect(update.record?.phase == .failedTransiently)
        #expect(update.record?.refused == [])
        #expect(effects.contains { if case .report = $0 { true } else { false } })
        _ = try update.request(.resume, at: .at(31 * 86_400 + 1), under: FirmwareConditions())
        #expect(update.record?.phase == .offered)
    }

    @Test(
        "Each phase has an end: at its deadline it goes on, a second later it ends for a while",
        arguments: FirmwarePhase.allCases.filter { !$0.isEnd })
    func deadlines(_ phase: FirmwarePhase) throws {
        let deadline = try #require(FirmwarePolicy().deadline(of: phase)).components.seconds
        for (seconds, isOver) in [(deadline, false), (deadline + 1, true)] {
            var record = FirmwareRecord(
                serial: UpdateWorld.serial, offer: UpdateWorld.offer(), metadataVersion: 1, entered: .at())
            record.phase = phase
            var update = FirmwareUpdate(serial: UpdateWorld.serial, record: record)
            _ = update.handle(.started, at: .at(Double(seconds)), under: FirmwareConditions())
            #expect(update.record?.phase == (isOver ? .failedTransiently : phase))
        }
    }

    @Test("Requests that do not fit are refused in words of their own")
    func requests() {
        var none = FirmwareUpdate(serial: UpdateWorld.serial)
        var update = waiting()
        for request in FirmwareRequest.allCases {
            #expect(throws: FirmwareRequestRefusal.nothingRuns) {
                try none.request(request, at: .at(), under: FirmwareConditions())
            }
        }
        for request in [FirmwareRequest.confirm, .rollback] {
            #expect(throws: FirmwareRequestRefusal.notOnTrial) {
                try update.request(request, at: .at(), under: FirmwareConditions())
            }
        }
    }

    @Test("An image for another device, or from another version, is refused for good")
    func requirements() {
        let version = ImageVersion(major: 3, minor: 0, revision: 0)
        for (change, code) in [
            ({ $0.requirements.model = "COR Two" }, "not-for-this-model"),
            ({ $0.requirements.hardwareRevisions = ["V9"] }, "not-for-this-hardware"),
            ({ $0.requirements.fromVersions = [version...version] }, "not-for-this-version"),
            ({ $0.image.version = ImageVersion(major: 0, minor: 9, revision: 0) }, "downgrade"),
        ] as [((inout FirmwareOffer) -> Void, String)] {
            var offer = UpdateWorld.offer()
            change(&offer)
            var update = waiting(offer)
            var device = TrialDevice(.good, wanted: offer.image.hash)
            let effects = update.handle(.deviceSeen(status()), at: .at(1), under: FirmwareConditions())
            for case .perform(let step, .inspect) in effects {
                _ = update.handle(
                    .stepEnded(step: step, device.perform(.inspect)), at: .at(2), under: FirmwareConditions())
            }
            #expect(update.record?.phase == .failedPermanently)
            #expect(update.record?.reason == code)
        }
    }

    @Test("A record is read back as it was kept, in every phase")
    func record() throws {
        for phase in FirmwarePhase.allCases {
            var record = FirmwareRecord(
                serial: UpdateWorld.serial, offer: UpdateWorld.offer(), metadataVersion: 7, entered: .at())
            record.phase = phase
            record.previousHash = .of([1])
            record.bootCounter = 9
            record.hasConsent = true
            record.uploadCount = 2
            record.offer.requirements.model = "COR One"
            record.offer.requirements.hardwareRevisions = ["V1", "V2"]
            record.refused = [.init(imageHash: .of([4]), metadataVersion: 3)]
            #expect(try FirmwareRecord(decoding: record.encoded()) == record)
            record.offer.origin = .file(actor: AuditActor(component: "control", userID: 1_000))
            #expect(try FirmwareRecord(decoding: record.encoded()) == record)
        }
    }
}
