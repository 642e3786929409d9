import CORProtocol
import Crypto
import Testing
import UpstreamServer

@Suite("Ledger: the contents of a batch")
struct LedgerContentsTests {
    private let device: TestDevice
    private let hub: TestHub

    init() throws {
        device = try TestDevice(of: TestMaker())
        hub = try TestHub(key: .init(), chain: [])
    }

    @Test("Records without a gap are accepted, and account for themselves")
    func accepted() throws {
        let verdict = Ledger.verdict(on: hub.draft(try device.items(1...3)), history: .init())
        #expect(verdict == .accepted(.init(accounted: [device.serial: 3])))
    }

    @Test("A hub begins with a device where the device is")
    func baseline() throws {
        let verdict = Ledger.verdict(on: hub.draft(try device.items(7...8)), history: .init())
        #expect(verdict == .accepted(.init(accounted: [device.serial: 8])))
    }

    @Test("A jump that no gap names is rejected")
    func silentLoss() throws {
        let history = LedgerHistory(accounted: [device.serial: 3])
        #expect(
            Ledger.verdict(on: hub.draft(try device.items(5...6)), history: history)
                == .rejected(reason: "COR1-0001: sequences 4 to 4 are neither sent nor named as a gap"))
    }

    @Test("A jump that a gap names is accepted with gaps")
    func namedGap() throws {
        let history = LedgerHistory(accounted: [device.serial: 3])
        let batch = hub.draft(try device.items(6...6), gaps: [.test(device.serial, 4...5)])
        #expect(
            Ledger.verdict(on: batch, history: history)
                == .accepted(.init(accounted: [device.serial: 6], hasGaps: true)))
    }

    @Test("A gap that covers too little is rejected")
    func shortGap() throws {
        let history = LedgerHistory(accounted: [device.serial: 3])
        let batch = hub.draft(try device.items(7...7), gaps: [.test(device.serial, 4...5)])
        #expect(
            Ledger.verdict(on: batch, history: history)
                == .rejected(reason: "COR1-0001: sequences 6 to 6 are neither sent nor named as a gap"))
    }

    @Test("A record that comes late or again is accepted and accounts for nothing new")
    func lateRecord() throws {
        let history = LedgerHistory(accounted: [device.serial: 9], known: [device.serial: 9])
        #expect(
            Ledger.verdict(on: hub.draft(try device.items(2...2)), history: history)
                == .accepted(.init(accounted: [device.serial: 9])))
    }

    @Test("What neither another hub nor an earlier epoch sent is noticed as a gap")
    func noticedGap() throws {
        let history = LedgerHistory(known: [device.serial: 4])
        guard case .accepted(let acceptance) = Ledger.verdict(on: hub.draft(try device.items(7...7)), history: history)
        else {
            Issue.record("not accepted")
            return
        }
        #expect(acceptance.noticedGaps == [.init(serial: device.serial, first: 5, last: 6)])
        #expect(acceptance.alarms.map(\.kind) == [.recordsMissing])
        #expect(acceptance.hasGaps)
    }

    @Test("In a new epoch what an earlier one rejected comes again beside what is new: between lies what was accepted")
    func lateInNewEpoch() throws {
        let history = LedgerHistory(known: [device.serial: 9])
        #expect(
            Ledger.verdict(on: hub.draft(try device.items(2...3) + device.items(10...11)), history: history)
                == .accepted(.init(accounted: [device.serial: 11])))
        #expect(
            Ledger.verdict(on: hub.draft(try device.items(2...3)), history: history)
                == .accepted(.init(accounted: [device.serial: 9])))
        // Above what is known nothing may be left out.
        #expect(
            Ledger.verdict(on: hub.draft(try device.items(2...3) + device.items(11...11)), history: history)
                == .rejected(reason: "COR1-0001: sequences 10 to 10 are neither sent nor named as a gap"))
    }

    @Test("Two records under one device sequence raise an alarm and are both kept")
    func deviceSequenceReused() throws {
        let position = DevicePosition(serial: device.serial, sequence: 1)
        let history = LedgerHistory(
            accounted: [device.serial: 1], recordIDs: [position: try device.record(1, lines: ["another"]).id])
        guard case .accepted(let acceptance) = Ledger.verdict(on: hub.draft(try device.items(1...1)), history: history)
        else {
            Issue.record("not accepted")
            return
        }
        #expect(acceptance.alarms.map(\.kind) == [.deviceSequenceReused])
    }

    @Test("The largest gap that the format allows overflows nothing")
    func largestGap() {
        let batch = hub.draft(gaps: [.test(device.serial, 1...UInt64(Int64.max))])
        #expect(
            Ledger.verdict(on: batch, history: .init())
                == .accepted(.init(accounted: [device.serial: UInt64(Int64.max)], hasGaps: true)))
    }

    @Test("The hub's log goes on where it stopped; cut out entries are found")
    func auditContinuity() {
        let entries = TestAudit.chain(count: 4)
        let history = LedgerHistory(auditHead: .init(sequence: entries[0].sequence, hash: entries[0].hash))
        #expect(Ledger.verdict(on: hub.draft(audit: Array(entries[1...])), history: history) == .accepted(.init()))
        #expect(
            Ledger.verdict(on: hub.draft(audit: Array(entries[2...])), history: history)
                == .rejected(reason: "audit entry 3 does not follow entry 1"))
    }

    @Test("The hub's log is one over its epochs: an entry may follow one of an earlier epoch, or a rejected one")
    func auditOfEarlierEpoch() {
        let entries = TestAudit.chain(count: 6)
        func verdict(head: Int, _ predecessor: LedgerHistory.AuditPredecessor?) -> LedgerVerdict {
            var history = LedgerHistory(auditHead: .init(sequence: UInt64(head), hash: entries[head - 1].hash))
            history.auditPredecessor = predecessor
            return Ledger.verdict(on: hub.draft(audit: Array(entries[4...])), history: history)
        }
        #expect(verdict(head: 2, .inEarlierEpoch) == .accepted(.init()))
        #expect(
            verdict(head: 2, .inRejectedBatch)
                == .accepted(.init(alarms: [.init(kind: .auditGap, detail: "audit entries 3 to 4 were rejected")])))
        #expect(verdict(head: 2, nil) == .rejected(reason: "audit entry 5 does not follow entry 2"))
        #expect(verdict(head: 6, .inEarlierEpoch) == .rejected(reason: "audit entry 5 does not follow entry 6"))
    }

    @Test("Audit entries that went down with a rejected batch leave an alarm")
    func auditAfterRejection() {
        let entries = TestAudit.chain(count: 4)
        var history = LedgerHistory(auditHead: .init(sequence: entries[0].sequence, hash: entries[0].hash))
        history.followsRejected = true
        #expect(
            Ledger.verdict(on: hub.draft(audit: Array(entries[2...])), history: history)
                == .accepted(.init(alarms: [.init(kind: .auditGap, detail: "audit entries 2 to 2 were rejected")])))
    }

    @Test("Audit entries of a rejected batch find their place when they come again, and no others do")
    func auditHole() {
        let entries = TestAudit.chain(count: 7)
        // Entries 3 to 5 went down with a rejected batch.
        func verdict(_ range: Range<Int>, _ chain: [AuditEntry]? = nil, before: Int? = 2, after: Int = 6)
            -> LedgerVerdict
        {
            var history = LedgerHistory(auditHead: .init(sequence: 7, hash: entries[6].hash))
            history.auditHole = LedgerHistory.AuditHole(
                before: before.map { .init(sequence: UInt64($0), hash: entries[$0 - 1].hash) },
                afterSequence: UInt64(after), afterPreviousHash: entries[after - 1].previousHash)
            return Ledger.verdict(on: hub.draft(audit: Array((chain ?? entries)[range])), history: history)
        }
        #expect(verdict(2..<5) == .accepted(.init()))
        #expect(verdict(2..<3) == .accepted(.init()))
        #expect(verdict(3..<5) == .accepted(.init()))
        #expect(verdict(0..<2, before: nil, after: 3) == .accepted(.init()))
        #expect(verdict(2..<6) == .rejected(reason: "audit entry 6 is here already"))
        #expect(verdict(5..<6) == .rejected(reason: "audit entry 6 is here already"))
        let forged = TestAudit.chain(count: 7, detail: "forged")
        #expect(verdict(2..<4, forged) == .rejected(reason: "audit entry 3 does not follow entry 2"))
        #expect(verdict(3..<5, forged) == .rejected(reason: "audit entry 6 does not follow entry 5"))
    }

    @Test("A new epoch of a known hub raises an alarm: a disk was restored or a hub reinstalled")
    func restoredDisk() {
        guard case .accepted(let acceptance) = Ledger.verdict(on: hub.draft(), history: .init(replacesEpoch: true))
        else {
            Issue.record("not accepted")
            return
        }
        #expect(acceptance.alarms.map(\.kind) == [.epochReplaced])
    }
}
