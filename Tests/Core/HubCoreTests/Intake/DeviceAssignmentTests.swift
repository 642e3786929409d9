import CBORCoding
import CORProtocol
import HubCore
import Testing

@Suite("To whom a device's runs belong")
struct DeviceAssignmentTests {
    private let subject: SubjectID
    private let serial: DeviceSerial
    /// The sample run takes 361 × 5 s.
    private static let runSeconds = 1_805.0
    private static let runMilliseconds: Int64 = 1_805_000

    init() throws {
        subject = try #require(SubjectID("subject-0001"))
        serial = try #require(DeviceSerial("COR1-0001"))
    }

    private func item(
        received: TimeBlock, backfilled: Bool = false, offset: Int64? = nil
    ) -> RecordItem {
        RecordItem(
            recordID: .of([1]), serial: serial, sequence: 1, bytes: [1], received: received, link: .udp,
            trust: .attested, subject: nil, backfilled: backfilled, clockOffsetMilliseconds: offset)
    }

    private func run(began wallMilliseconds: Int64?) -> CORProtocol.SedimentationRun {
        var run = CORProtocol.SedimentationRun.sample
        run.start?.time.wallMilliseconds = wallMilliseconds
        return run
    }

    @Test("A run that began after the assignment is the person's")
    func after() {
        let assignment = DeviceAssignment(subject: subject, since: .at())
        let received = TimeBlock.at(Self.runSeconds + 60)
        let began = received.wallMilliseconds - Self.runMilliseconds - 10_000
        #expect(assignment.subject(of: run(began: began), item: item(received: received)) == subject)
    }

    @Test("A run that began before the assignment is nobody's, also when it comes after it (wrong person)")
    func before() {
        let assignment = DeviceAssignment(subject: subject, since: .at(60))
        let received = TimeBlock.at(Self.runSeconds + 30)
        let began = received.wallMilliseconds - Self.runMilliseconds
        #expect(assignment.subject(of: run(began: began), item: item(received: received)) == nil)
    }

    @Test("The run's own length counts, whatever the device's clock says of its start")
    func clockAhead() {
        let assignment = DeviceAssignment(subject: subject, since: .at(60))
        let received = TimeBlock.at(Self.runSeconds + 30)
        let late = received.wallMilliseconds - 1_000
        #expect(assignment.subject(of: run(began: late), item: item(received: received)) == nil)
    }

    @Test("A device whose clock was an hour ahead is set right before it is judged")
    func offset() {
        let assignment = DeviceAssignment(subject: subject, since: .at(60))
        let received = TimeBlock.at(7_200)
        // By the device it began two minutes after the assignment, in truth 58 minutes before.
        let began = TimeBlock.at(180).wallMilliseconds
        #expect(assignment.subject(of: run(began: began), item: item(received: received)) == subject)
        #expect(
            assignment.subject(of: run(began: began), item: item(received: received, offset: 3_600_000)) == nil)
    }

    @Test("Without a known start a run that came at once is judged by its length, a late one is nobody's")
    func unknownStart() {
        let assignment = DeviceAssignment(subject: subject, since: .at())
        let received = TimeBlock.at(Self.runSeconds + 60)
        #expect(assignment.subject(of: run(began: nil), item: item(received: received)) == subject)
        #expect(assignment.subject(of: run(began: nil), item: item(received: received, backfilled: true)) == nil)
    }

    @Test("Within one boot the hub's clock may jump without giving a run away")
    func clockJump() {
        let assignment = DeviceAssignment(subject: subject, since: .at(600))
        // 30 minutes later by the wall, half a minute by elapsed time.
        var received = TimeBlock.at(630)
        received.wallMilliseconds += Self.runMilliseconds
        let began = received.wallMilliseconds - Self.runMilliseconds
        #expect(assignment.subject(of: run(began: began), item: item(received: received)) == nil)
    }

    @Test("Assigned to nobody, every run is nobody's; it is read back as it was written")
    func nobody() throws {
        for assignment in [
            DeviceAssignment(subject: nil, since: .at()), DeviceAssignment(subject: subject, since: .at(5)),
        ] {
            #expect(try DeviceAssignment(decoding: assignment.encoded()) == assignment)
        }
        let received = TimeBlock.at(9_999)
        let nobody = DeviceAssignment(subject: nil, since: .at())
        #expect(nobody.subject(of: run(began: received.wallMilliseconds), item: item(received: received)) == nil)
    }
}
