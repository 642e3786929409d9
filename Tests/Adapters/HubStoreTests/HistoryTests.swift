import CORProtocol
import HubCore
import Testing

@testable import HubStore

@Suite("What the trend rests on")
struct HistoryTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func entry(_ number: UInt8, at milliseconds: Int64) throws -> HistoryEntry {
        HistoryEntry(
            recordID: .of([number]), serial: try Samples.serial(), cartridgeLot: "L",
            measuredMilliseconds: milliseconds,
            algorithm: AlgorithmIdentity(id: "esr", version: "1", modelHash: .of([1]), profile: "p"),
            output: Samples.result(of: try Samples.record(1)).output)
    }

    @Test("A person's results are read up to a moment, in the order of their making, and nobody else's")
    func history() async throws {
        let store = try HubStore.open(directory: directory.store)
        let mine = try #require(SubjectID("subject-1"))
        let other = try #require(SubjectID("subject-2"))
        let entries = try [entry(1, at: 300), entry(2, at: 100), entry(3, at: 200), entry(4, at: 900)]
        try await store.write { (transaction) throws(StoreFault) in
            for entry in entries { try transaction.remember(entry, of: mine) }
            try transaction.remember(entries[0], of: other)
        }
        let found = try await store.read { (reader) throws(StoreFault) in
            (try reader.history(of: mine, upTo: 300), try reader.history(of: mine, upTo: 900, countMax: 2))
        }
        #expect(found.0 == Array(entries[0..<3]))
        #expect(found.1 == [entries[0], entries[3]])
        #expect(try await store.verifyAll { _ in }.isSound)
        await store.close()
    }

    @Test("Whose a device is, is read back; so is a reading with what was made of it")
    func assignment() async throws {
        let store = try HubStore.open(directory: directory.store)
        let record = try Samples.record(1)
        let again = try Samples.record(2)
        let result = Samples.result(of: record)
        let assignment = DeviceAssignment(subject: SubjectID("subject-1"), since: Samples.time())
        try await store.insert(record)
        try await store.insert(again)
        try await store.write { (transaction) throws(StoreFault) in
            try transaction.assign(record.serial, assignment)
            try transaction.insert(result: result)
        }
        let found = try await store.read { (reader) throws(StoreFault) in
            (
                try reader.assignment(of: record.serial), try reader.reading(record.recordID),
                try reader.reading(again.recordID)
            )
        }
        #expect(found.0 == assignment)
        #expect(found.1?.results == [result])
        #expect(found.1?.hadResults == true)
        #expect(found.1?.isCartridgeUsed == false)
        #expect(found.2?.hadResults == false)
        #expect(found.2?.isCartridgeUsed == (found.1?.record.summary.cartridge == found.2?.record.summary.cartridge))
        await store.close()
    }

    @Test("What is forgotten of a person is gone, their devices are nobody's, and others keep theirs")
    func forgotten() async throws {
        let store = try HubStore.open(directory: directory.store)
        let mine = try #require(SubjectID("subject-1"))
        let other = try #require(SubjectID("subject-2"))
        let serials = [try Samples.serial(1), try Samples.serial(2)]
        let entry = try entry(1, at: 5)
        try await store.write { (transaction) throws(StoreFault) in
            for (serial, subject) in zip(serials, [mine, other]) {
                try transaction.remember(entry, of: subject)
                try transaction.assign(serial, DeviceAssignment(subject: subject, since: Samples.time()))
            }
            try transaction.forgetHistory(of: mine)
        }
        let found = try await store.read { (reader) throws(StoreFault) in
            (
                try reader.history(of: mine, upTo: 9), try reader.history(of: other, upTo: 9),
                try serials.map { serial throws(StoreFault) in try reader.assignment(of: serial)?.subject }
            )
        }
        #expect(found.0 == [])
        #expect(found.1 == [entry])
        #expect(found.2 == [nil, other])
        #expect(try await store.verifyAll { _ in }.isSound)
        await store.close()
    }

    @Test("A store of the first format gets the table, and goes on")
    func migration() async throws {
        try FirstFormat.write(to: directory.store)
        let store = try HubStore.open(directory: directory.store)
        let subject = try #require(SubjectID("subject-1"))
        let entry = try entry(1, at: 5)
        try await store.write { (transaction) throws(StoreFault) in try transaction.remember(entry, of: subject) }
        let found = try await store.read { (reader) throws(StoreFault) in try reader.history(of: subject, upTo: 9) }
        #expect(found == [entry])
        await store.close()
    }

    @Test(
        "Erasing takes what the trend knew of a person, and makes their devices nobody's")
    func erasure() async throws {
        let store = try HubStore.open(directory: directory.store)
        let subject = try #require(SubjectID("subject-1"))
        let other = try #require(SubjectID("subject-2"))
        let (entry, serial) = (try entry(1, at: 5), try Samples.serial())
        let time = Samples.time()
        let found = try await store.write { (transaction) throws(StoreFault) in
            try transaction.remember(entry, of: subject)
            try transaction.remember(entry, of: other)
            try transaction.assign(serial, DeviceAssignment(subject: subject, since: time))
            // No reading of the person is left; what was derived of them is.
            _ = try transaction.erase(subject, time: time, countMax: 10)
            return (
                try transaction.history(of: subject, upTo: 9), try transaction.history(of: other, upTo: 9),
                try transaction.assignment(of: serial)?.subject
            )
        }
        #expect(found.0 == [] && found.1 == [entry] && found.2 == nil)
        let audit = try await store.read { (reader) throws(StoreFault) in try reader.audit(from: 1, countMax: 10) }
        #expect(audit.map(\.type) == [.erasure, .erasure])
        #expect(try await store.verifyAll { _ in }.isSound)
        await store.close()
    }
}
