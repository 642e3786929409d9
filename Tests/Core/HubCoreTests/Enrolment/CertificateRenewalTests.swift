import CORProtocol
import HubCore
import Testing

@Suite("When certificates are renewed")
struct CertificateRenewalTests {
    static let day: Int64 = 86_400_000
    static let begin: Int64 = 1_795_000_000_000
    static let lives: [HubKeyUse: CertificateLife] = [
        .tls: CertificateLife(beginMilliseconds: begin, endMilliseconds: begin + 360 * day),
        .signing: CertificateLife(beginMilliseconds: begin, endMilliseconds: begin + 720 * day),
    ]

    /// A machine and the clock that it is told.
    struct Rig {
        var renewal = CertificateRenewal()
        var wall = CertificateRenewalTests.begin
        private var timer: UInt64 = 0

        init() {}

        mutating func tell(_ event: CertificateRenewal.Event, chance: Double = 0) -> [CertificateRenewal.Effect] {
            let effects = renewal.handle(
                event,
                at: TimeBlock(
                    bootID: [UInt8](repeating: 0, count: 16), boottimeNanoseconds: 0, wallMilliseconds: wall,
                    sync: .never, rtcPresent: false),
                chance: chance)
            for case .startTimer(let id, let delay) in effects {
                timer = id
                self.delay = delay
            }
            return effects
        }

        var delay = Duration.zero

        /// Lets the newest timer fire, with the clock moved on by its delay.
        mutating func fire(chance: Double = 0) -> [CertificateRenewal.Effect] {
            wall += delay.components.seconds * 1000
            return tell(.timerFired(id: timer), chance: chance)
        }

        /// Fires timers until something is renewed.
        mutating func untilRenewed() -> (uses: Set<HubKeyUse>, afterDays: Int64) {
            let start = wall
            for _ in 0..<2000 {
                for case .renew(let uses) in fire() { return (uses, (wall - start) / CertificateRenewalTests.day) }
            }
            return ([], -1)
        }
    }

    @Test("After half of its life the TLS certificate is renewed, and the signing certificate after half of its own")
    func halfLife() {
        var rig = Rig()
        _ = rig.tell(.started(Self.lives))
        let first = rig.untilRenewed()
        #expect(first.uses == [.tls])
        #expect(first.afterDays == 180)
        var lives = Self.lives
        lives[.tls] = CertificateLife(beginMilliseconds: rig.wall, endMilliseconds: rig.wall + 720 * Self.day)
        _ = rig.tell(.renewalEnded(.renewed(lives, rotated: [.tls])))
        let second = rig.untilRenewed()
        #expect(second.uses == [.signing])
        #expect(second.afterDays == 180)
    }

    @Test("Chance adds a twentieth of the life at most", arguments: [0, 0.5, 0.999])
    func jitter(chance: Double) throws {
        var rig = Rig()
        _ = rig.tell(.started(Self.lives), chance: chance)
        let due = try #require(rig.renewal.dueMilliseconds[.tls])
        let part = Double(due - Self.begin) / Double(360 * Self.day)
        #expect((0.5...0.55).contains(part))
        #expect(abs(part - (0.5 + 0.05 * chance)) < 0.001)
    }

    @Test("The clock is looked at once a day at least, so that one that was set is noticed")
    func dailyLook() {
        var rig = Rig()
        _ = rig.tell(.started(Self.lives))
        #expect(rig.delay == .seconds(86_400))
        // Set on by a year meanwhile.
        rig.wall += 365 * Self.day
        #expect(rig.fire() == [.renew([.tls, .signing])])
    }

    @Test("A hub that starts behind that time waits a part of a minute, so that a fleet does not come at once")
    func stampede() {
        var rig = Rig()
        rig.wall += 200 * Self.day
        _ = rig.tell(.started(Self.lives), chance: 0.5)
        #expect(rig.delay == .seconds(30))
        #expect(rig.fire() == [.renew([.tls])])
    }

    @Test("A new certificate that is due already, by a clock ahead of the issuer's, is looked at again after a day")
    func clockAhead() {
        var rig = Rig()
        _ = rig.tell(.started(Self.lives))
        rig.wall += 205 * Self.day
        #expect(rig.fire() == [.renew([.tls])])
        var lives = Self.lives
        lives[.tls] = CertificateLife(beginMilliseconds: Self.begin, endMilliseconds: Self.begin + 360 * Self.day)
        _ = rig.tell(.renewalEnded(.renewed(lives, rotated: [.tls])))
        #expect(rig.delay == .seconds(86_400))
    }

    @Test("A clock before the certificates' begin is wrong, and nothing is done by it")
    func wrongClock() {
        var rig = Rig()
        rig.wall = 0
        #expect(rig.tell(.started(Self.lives)) == [.startTimer(id: 1, after: .seconds(600))])
        #expect(rig.fire() == [.startTimer(id: 2, after: .seconds(600))])
        rig.wall = Self.begin + 300 * Self.day
        #expect(rig.fire() == [.renew([.tls])])
    }

    @Test("Failures are repeated with growing pauses of at most six hours, and Retry-After is never undercut")
    func backoff() {
        var rig = Rig()
        rig.wall += 181 * Self.day
        _ = rig.tell(.started(Self.lives))
        _ = rig.fire()
        var pauses: [Duration] = []
        for _ in 0..<12 {
            _ = rig.tell(.renewalEnded(.failed(reason: "away", retryAfter: nil)), chance: 0.999)
            pauses.append(rig.delay)
            #expect(rig.fire() == [.renew([.tls])])
        }
        #expect(pauses.first ?? .zero >= .seconds(60))
        #expect(pauses == pauses.sorted())
        #expect(pauses.last ?? .zero <= .seconds(6 * 3600))
        _ = rig.tell(.renewalEnded(.failed(reason: "busy", retryAfter: .seconds(40_000))))
        #expect(rig.delay >= .seconds(40_000))
        _ = rig.fire()
        _ = rig.tell(.renewalEnded(.pending(retryAfter: .seconds(1800))))
        #expect(rig.delay >= .seconds(1800))
    }

    @Test("Behind its end a certificate is still renewed, for as long as it takes")
    func expired() {
        var rig = Rig()
        rig.wall += 400 * Self.day
        _ = rig.tell(.started(Self.lives))
        #expect(rig.fire() == [.renew([.tls, .signing])])
        for _ in 0..<500 {
            let effects = rig.tell(.renewalEnded(.failed(reason: "away", retryAfter: nil)), chance: 0.5)
            #expect(
                effects.contains { effect in
                    guard case .publish(.alarm(let text)) = effect else { return false }
                    return text.contains("ended")
                })
            #expect(rig.fire() == [.renew([.tls, .signing])])
        }
    }

    @Test("A refusal is an alarm once, and tried again once a day")
    func refused() {
        var rig = Rig()
        rig.wall += 181 * Self.day
        _ = rig.tell(.started(Self.lives))
        var alarms = 0
        for _ in 0..<5 {
            #expect(rig.fire() == [.renew([.tls])])
            let effects = rig.tell(.renewalEnded(.refused(code: "certificate-barred", message: "revoked")))
            alarms += effects.count { if case .publish = $0 { true } else { false } }
            #expect(rig.delay == .seconds(86_400))
        }
        #expect(alarms == 1)
        #expect(rig.renewal.state == .refused(reason: "certificate-barred: revoked"))
    }

    @Test("Who asks for it gets both renewed at once, once")
    func asked() {
        var rig = Rig()
        _ = rig.tell(.started(Self.lives))
        #expect(rig.tell(.renewalAsked) == [.renew([.tls, .signing])])
        #expect(rig.tell(.renewalAsked) == [])
        #expect(rig.fire() == [])
    }

    @Test("Every result is audited; new keys are named; a timer that was outlived does nothing")
    func audited() {
        var rig = Rig()
        _ = rig.tell(.started(Self.lives))
        _ = rig.tell(.renewalAsked)
        let effects = rig.tell(.renewalEnded(.renewed(Self.lives, rotated: [.signing, .tls])))
        let drafts = effects.compactMap { effect -> AuditDraft? in
            if case .audit(let draft) = effect { draft } else { nil }
        }
        #expect(drafts.map(\.type) == [.enrolment, .keyUse])
        #expect(drafts.map(\.subject) == ["certificates", "signing, tls"])
        #expect(rig.tell(.timerFired(id: 1)) == [])
        for outcome in [
            RenewalOutcome.failed(reason: "x", retryAfter: nil), .refused(code: "a", message: "b"),
            .pending(retryAfter: nil),
        ] {
            _ = rig.tell(.renewalAsked)
            let audits = rig.tell(.renewalEnded(outcome)).count { if case .audit = $0 { true } else { false } }
            #expect(audits == 1)
        }
    }

    @Test("A year away across the half of life and its end: the first attempt comes within a minute of the start")
    func yearAway() {
        var rig = Rig()
        _ = rig.tell(.started(Self.lives))
        var restarted = Rig()
        restarted.wall = Self.begin + 365 * Self.day
        _ = restarted.tell(.started(Self.lives), chance: 0.999)
        #expect(restarted.delay < .seconds(60))
        #expect(restarted.fire() == [.renew([.tls])])
    }
}
